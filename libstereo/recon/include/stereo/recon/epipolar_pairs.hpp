#pragma once

#include <stereo/recon/measured_pixel.hpp>
#include <stereo/recon/triangulate.hpp>

#include <limits>
#include <span>
#include <vector>

namespace stereo {

struct EpipolarPairOptions {
    /// Largest epipolar distance in its standard deviations.
    double max_sigma = 4.0;
    /// Distance of a point from each source along its view axis.
    double min_depth_mm = 0.0;
    double max_depth_mm = std::numeric_limits<double>::infinity();

    /// Throws drr::Error(usage).
    void validate() const;
};

/// Two pixels that may be images of one point.
struct EpipolarPair {
    std::size_t a = 0;  ///< index of the pixel in the first view
    std::size_t b = 0;
    double sigma = 0.0;   ///< epipolar distance in its standard deviations, signed
    Triangulation point;  ///< with the covariance of the two pixels
};

/// b^T F a over its standard deviation from the covariances of both pixels, to first order: the
/// Sampson distance in the metric of the noise. Signed.
[[nodiscard]] double epipolar_sigma(const Eigen::Matrix3d& fundamental, const MeasuredPixel& a,
                                    const MeasuredPixel& b);

/// All pairs of pixels that epipolar geometry allows, ordered by a and b; a pixel may be in
/// several.
[[nodiscard]] std::vector<EpipolarPair> epipolar_pairs(const drr::CalibratedView& view_a,
                                                       const drr::CalibratedView& view_b,
                                                       std::span<const MeasuredPixel> pixels_a,
                                                       std::span<const MeasuredPixel> pixels_b,
                                                       const EpipolarPairOptions& options = {});

}  // namespace stereo
