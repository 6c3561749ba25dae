#pragma once

#include "chord_row.hpp"

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace drr {

/// Which channels anything is added to.
using ChannelsUsed = std::vector<bool>;

/// Sums along a line of rays, one line for each channel that is used.
template <class T>
class LineSums {
  public:
    LineSums(const ChannelsUsed& used, int count)
        : size_(padded(count) *
                static_cast<std::size_t>(std::count(used.begin(), used.end(), true))),
          numbers_(hwy::AllocateAligned<T>(std::max(size_, line_padding))) {
        T* next = numbers_.get();
        for (const bool is_used : used) {
            rows_.push_back(is_used ? next : nullptr);
            if (is_used) next += padded(count);
        }
        clear();
    }
    void clear() { std::fill_n(numbers_.get(), size_, T{0}); }
    /// Of a channel that is not used, none.
    [[nodiscard]] T* operator[](std::size_t channel) const { return rows_[channel]; }

  private:
    std::size_t size_;
    hwy::AlignedFreeUniquePtr<T[]> numbers_;
    std::vector<T*> rows_;
};

/// Spans of a line, those of a group side by side.
template <class T>
class GroupedSpans {
  public:
    /// Those of a group one after the other.
    void push_back(std::size_t group, const ChordSpan<T>& span) {
        if (groups_.empty() || groups_.back().first != group)
            groups_.emplace_back(group, spans_.size());
        spans_.push_back(span);
    }
    [[nodiscard]] bool empty() const { return spans_.empty(); }

    template <class Visit>  // (group, its spans)
    void for_each_group(const Visit& visit) const {
        for (std::size_t n = 0; n < groups_.size(); ++n) {
            const std::size_t first = groups_[n].second;
            const std::size_t end = n + 1 < groups_.size() ? groups_[n + 1].second : spans_.size();
            visit(groups_[n].first, std::span(spans_).subspan(first, end - first));
        }
    }

  private:
    std::vector<ChordSpan<T>> spans_;
    std::vector<std::pair<std::size_t, std::size_t>> groups_;  ///< and the first span of each
};

}  // namespace drr
