#pragma once

#include "chord_row.hpp"

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace drr {

/// Sums along a line of rays, one line for each channel.
class LineSums {
  public:
    LineSums(std::size_t channels, int count)
        : stride_(padded(count)), numbers_(hwy::AllocateAligned<double>(channels * stride_)) {
        for (std::size_t c = 0; c < channels; ++c)
            rows_.push_back(numbers_.get() + c * stride_);
        clear();
    }
    void clear() { std::fill_n(numbers_.get(), rows_.size() * stride_, 0.0); }
    [[nodiscard]] double* operator[](std::size_t channel) const { return rows_[channel]; }

  private:
    std::size_t stride_;
    hwy::AlignedFreeUniquePtr<double[]> numbers_;
    std::vector<double*> rows_;
};

/// Spans of a line, those of a group side by side.
class GroupedSpans {
  public:
    /// Those of a group one after the other.
    void push_back(std::size_t group, const ChordSpan& span) {
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
    std::vector<ChordSpan> spans_;
    std::vector<std::pair<std::size_t, std::size_t>> groups_;  ///< and the first span of each
};

}  // namespace drr
