#pragma once

#include <drr/core/image.hpp>
#include <drr/projector/path_lengths.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace drr {

/// Lengths along the rays of pixels that have equally many, [pixel][channel][ray].
class PixelRays {
  public:
    PixelRays(std::size_t channels, int rays, int pixels)
        : channels_(channels),
          rays_(static_cast<std::size_t>(rays)),
          lengths_(channels_ * rays_ * static_cast<std::size_t>(pixels), 0.0) {}

    [[nodiscard]] std::span<double> of(int pixel, std::size_t channel) {
        return std::span(lengths_).subspan(
            (static_cast<std::size_t>(pixel) * channels_ + channel) * rays_, rays_);
    }
    [[nodiscard]] std::size_t channels() const { return channels_; }

  private:
    std::size_t channels_, rays_;
    std::vector<double> lengths_;
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
