#pragma once

#include <drr/core/image.hpp>

#include <Eigen/Core>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

/// What radiographs look like, measured on real and rendered ones alike.
namespace test {

/// The mean shadow of many beads. At radius (i + 0.5) step_px the shade is the median over beads of
/// 1 - grey / background, the background of a bead being the median of a ring about it.
struct BeadProfile {
    static constexpr double step_px = 0.5;
    std::vector<double> shade;
    std::size_t beads = 0;
    double background = 0.0;  ///< median over beads, grey values

    /// The shade within a pixel of the centre.
    [[nodiscard]] double depth() const;
    /// Where the shade falls to this share of its depth, interpolated; NaN where it does not.
    [[nodiscard]] double radius_px(double share) const;
    /// From 80 to 20 % of the depth.
    [[nodiscard]] double edge_px() const { return radius_px(0.2) - radius_px(0.8); }
};

/// Beads of about `radius_px`. Those are left out whose surroundings (2.6 times that) leave the
/// image or hold black pixels, or whose background is not below `saturated`. Throws
/// std::runtime_error when no bead is left.
[[nodiscard]] BeadProfile bead_profile(const drr::Image<float>& image,
                                       std::span<const Eigen::Vector2d> centers_px,
                                       double radius_px, float saturated);

/// Noise of the smoothest quarter of the tiles of 20 x 20 pixels with a mean in [low, high), where
/// the object itself varies least: medians over them of what is left after a polynomial of second
/// order was taken away. That lowers correlations a little, the more the farther the pixels:
/// compare only with what was measured in the same way.
struct Noise {
    double sd = 0.0;                      ///< grey values
    std::array<double, 4> correlation{};  ///< of pixels 1, 2, 3, 4 columns apart
    std::size_t tiles = 0;
};
[[nodiscard]] Noise noise_of(std::span<const drr::Image<float>> images, double low, double high);

}  // namespace test
