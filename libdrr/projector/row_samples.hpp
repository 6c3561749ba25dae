#pragma once

#include "line_sums.hpp"

#include <drr/core/image.hpp>
#include <drr/projector/path_lengths.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace drr {

/// Lengths along the rays of pixels that have equally many, [channel that is used][pixel][ray].
template <class T>
class PixelRays {
  public:
    PixelRays(const ChannelsUsed& used, int rays, int pixels)
        : rays_(static_cast<std::size_t>(rays)), pixels_(static_cast<std::size_t>(pixels)) {
        std::size_t count = 0;
        for (const bool is_used : used)
            places_.push_back(is_used ? count++ : not_used);
        lengths_.resize(count * pixels_ * rays_);
    }

    [[nodiscard]] std::size_t rays() const { return rays_; }
    /// Empty for a channel that is not used.
    [[nodiscard]] std::span<T> of(int pixel, std::size_t channel) {
        if (places_[channel] == not_used) return {};
        return std::span(lengths_).subspan(
            (places_[channel] * pixels_ + static_cast<std::size_t>(pixel)) * rays_, rays_);
    }

  private:
    static constexpr auto not_used = static_cast<std::size_t>(-1);

    std::size_t rays_, pixels_;
    std::vector<std::size_t> places_;
    std::vector<T> lengths_;
};

/// The samples of the pixels of a row that have equally many, [channel][pixel and ray].
struct RowSamples {
    std::vector<PixelIndex> pixels;
    std::vector<std::vector<float>> samples;
};

/// Joins the rows' samples, in their order, to a group of pixels, if there are any.
void collect(const std::vector<RowSamples>& rows, int rays, std::size_t channels,
             std::vector<SampledPixels>& groups);

}  // namespace drr
