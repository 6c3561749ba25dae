#pragma once

#include <drr/core/rng.hpp>
#include <drr/geometry/intensifier_distortion.hpp>
#include <stereo/calib/undistortion_fit.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace test {

inline constexpr int grid_size_px = 1024;
inline const Eigen::Vector2d grid_middle_px = Eigen::Vector2d::Constant(0.5 * (grid_size_px - 1));
inline constexpr double grid_field_px = 490.0;
inline constexpr double grid_pitch_px = 40.0;

/// 8 % larger and 5.7 degrees turned at the rim.
inline drr::IntensifierDistortion strong_distortion() {
    return {grid_middle_px + Eigen::Vector2d(8.0, -5.0), 500.0, 0.08, 0.1};
}

/// Points of a hexagonal grid as a distorting intensifier shows them, those within the field.
struct GridPoints {
    std::vector<stereo::GridCorrespondence> points;
    std::vector<Eigen::Vector2d> undistorted_px;  ///< the truth, to one similarity
};
inline GridPoints grid_points(const drr::IntensifierDistortion& distortion, double noise_px,
                              std::uint64_t seed) {
    GridPoints result;
    drr::Rng rng({.seed = seed, .purpose = drr::RngPurpose::test});
    constexpr double turn = 0.13;
    for (int j = -16; j <= 16; ++j)
        for (int i = -24; i <= 24; ++i) {
            const Eigen::Vector2d position(i + 0.5 * j, 0.5 * std::numbers::sqrt3 * j);
            const Eigen::Vector2d at =
                grid_middle_px + Eigen::Vector2d(5.0, 9.0) +
                grid_pitch_px *
                    Eigen::Vector2d(std::cos(turn) * position.x() - std::sin(turn) * position.y(),
                                    std::sin(turn) * position.x() + std::cos(turn) * position.y());
            const Eigen::Vector2d seen = distortion.distort(at);
            if ((seen - grid_middle_px).norm() > grid_field_px) continue;
            result.points.push_back(
                {position, seen + noise_px * Eigen::Vector2d(rng.normal(), rng.normal())});
            result.undistorted_px.push_back(at);
        }
    return result;
}

inline stereo::UndistortionFitOptions grid_fit_options() {
    return {.width_px = grid_size_px, .height_px = grid_size_px};
}

}  // namespace test
