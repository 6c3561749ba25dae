#pragma once

#include <drr/core/image.hpp>

#include <vector>

namespace drr {

/// An MTF as measured from an image, of its pixels' area too.
struct EdgeMtf {
    std::vector<double> cycles_per_px;  ///< from 0 to 0.5, along the normal of the edge
    std::vector<double> values;         ///< 1 at 0
    double edge_angle_rad = 0.0;        ///< of the edge to the columns
};

/// The MTF from one straight edge between two even parts of an image, some degrees off the columns
/// (ISO 12233: the rows' edges give a line; along its normal all pixels make one profile, four
/// times finer than the pixels; its derivative, tapered at its ends, is transformed). What the bins
/// and the difference of neighbours take away is given back. Throws Error(usage) when there is no
/// edge of at least a pixel in 50 rows and at most 45 degrees, or the image has noise that hides
/// it.
[[nodiscard]] EdgeMtf slanted_edge_mtf(const Image<float>& image);

}  // namespace drr
