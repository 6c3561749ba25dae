#pragma once

#include "shadow_pixels.hpp"

#include <drr/core/image.hpp>
#include <stereo/detect/subpixel.hpp>

#include <span>
#include <vector>

namespace stereo {

/// The pixels of a fit, an array for each property, with pixels of no weight at the end that make
/// whole vectors of them.
struct FitWindow {
    std::vector<double> x;  ///< from the origin of the fit
    std::vector<double> y;
    std::vector<double> grey;
    std::vector<double> root_weight;
    std::vector<double> saturated;  ///< 1, else 0
    std::size_t count = 0;          ///< without those at the end
    int free = 0;                   ///< those that are not saturated
    double reach_px = 1.0;          ///< of the farthest pixel from the fit's origin

    /// Empty, with room for so many pixels.
    void clear(std::size_t most);
    void add(double at_x, double at_y, double of_grey, bool is_saturated);
    /// Leaves out every other pixel, as on a chess board.
    void thin_out();
    /// Completes the last vector and `free`. No pixel is added after it.
    void finish();
    [[nodiscard]] PixelArrays arrays() const {
        return {x.data(), y.data(), grey.data(), root_weight.data(), saturated.data(), x.size()};
    }
    [[nodiscard]] Eigen::Vector2d place(std::size_t pixel) const { return {x[pixel], y[pixel]}; }
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
