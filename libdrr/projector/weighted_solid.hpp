#pragma once

#include <drr/phantom/shape.hpp>

#include <cstddef>

namespace drr {

/// A solid in the world that counts `weight` for each mm of a ray within it, towards one of several
/// sums.
struct WeightedSolid {
    Shape shape;
    double weight = 1.0;
    std::size_t channel = 0;
    bool dense = false;  ///< sampled over the area of pixels
};

}  // namespace drr
