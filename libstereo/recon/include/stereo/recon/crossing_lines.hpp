#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/recon/measured_pixel.hpp>

namespace stereo {

/// The crossing-line error of two views (radiostereometry, ISO 16087): the shortest distance
/// between the two lines on which a point was seen.
struct CrossingLines {
    double distance_mm = 0.0;  ///< signed: along ray a x ray b, from line a to line b
    double sd_mm = 0.0;        ///< from the covariances of the pixels, views exact; first order
    bool ok = false;           ///< false for (nearly) parallel lines
};

[[nodiscard]] CrossingLines crossing_lines(const drr::CalibratedView& view_a,
                                           const drr::CalibratedView& view_b,
                                           const MeasuredPixel& a, const MeasuredPixel& b);

}  // namespace stereo
