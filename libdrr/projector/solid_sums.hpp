#pragma once

#include <drr/geometry/xray_view.hpp>
#include <drr/phantom/shape.hpp>
#include <drr/projector/path_lengths.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace drr {

/// A solid in the world that counts `weight` for each mm of a ray within it, towards one of several
/// sums.
struct WeightedSolid {
    Shape shape;
    double weight = 1.0;
    std::size_t channel = 0;
    bool dense = false;  ///< sampled over the area of pixels
};

/// The weighted lengths through solids, a channel in each place of a material. Options and shapes
/// are valid.
[[nodiscard]] PathLengths sum_solids(std::vector<std::string> channels,
                                     std::span<const WeightedSolid> solids, const XrayView& view,
                                     int samples_per_pixel);

}  // namespace drr
