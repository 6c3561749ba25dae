#pragma once

#include <drr/core/image.hpp>
#include <stereo/detect/subpixel.hpp>

#include <span>
#include <vector>

namespace stereo {

struct FitPixel {
    double x = 0.0;  // from the origin of the fit
    double y = 0.0;
    double grey = 0.0;
    double root_weight = 0.0;
    bool saturated = false;
};

/// The pixels of a fit.
struct FitWindow {
    std::vector<FitPixel> pixels;
    int free = 0;           ///< those that are not saturated
    double reach_px = 1.0;  ///< of the farthest pixel from the fit's origin
};

/// How far from a bead its fit looks.
enum class FitReach {
    narrow,  ///< the blurred shadow and a thin rim: where the background has structure
    wide     ///< a rim wide enough to know the background's slopes by, see wide_rim
};

[[nodiscard]] double reach_px(FitReach reach, double radius_px, double blur_px);

/// Fills `window` with the image's pixels in reach of the beads (centres from `origin`, which is a
/// whole pixel) but for those in `excluded`.
void gather(const drr::Image<float>& image, std::span<const BeadShadow> beads,
            const Eigen::Vector2d& origin, double blur_px, FitReach reach,
            const std::vector<Disc>& excluded, const BeadFitOptions& options, FitWindow& window);

/// Median grey of the pixels outside the shadows, of all where there are none.
[[nodiscard]] double level_outside(const FitWindow& window, std::span<const BeadShadow> beads,
                                   double blur_px);

}  // namespace stereo
