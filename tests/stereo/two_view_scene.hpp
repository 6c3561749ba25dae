#pragma once

#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <stereo/recon/measured_pixel.hpp>

#include <Eigen/Cholesky>

#include <array>
#include <numbers>
#include <vector>

namespace test {

inline std::array<drr::CalibratedView, 2> views_at(double angle_deg) {
    drr::StereoRigSpec spec;
    spec.stereo_angle_rad = angle_deg * std::numbers::pi / 180.0;
    const auto rig = drr::make_stereo_rig(spec);
    return {rig[0].calibrated(), rig[1].calibrated()};
}

/// Points of a cube about the isocentre and where two views see them.
struct TwoViewScene {
    std::array<drr::CalibratedView, 2> views;
    std::vector<Eigen::Vector3d> points_mm;
    std::vector<stereo::MeasuredPixel> a;  ///< exact
    std::vector<stereo::MeasuredPixel> b;

    TwoViewScene(double angle_deg, int count, double half_edge_mm,
                 const Eigen::Matrix2d& covariance_px2, std::uint64_t seed)
        : views(views_at(angle_deg)) {
        drr::Rng rng({.seed = seed});
        for (int i = 0; i < count; ++i) {
            const Eigen::Vector3d p(rng.uniform(-half_edge_mm, half_edge_mm),
                                    rng.uniform(-half_edge_mm, half_edge_mm),
                                    rng.uniform(-half_edge_mm, half_edge_mm));
            points_mm.push_back(p);
            a.push_back({views[0].project(p), covariance_px2});
            b.push_back({views[1].project(p), covariance_px2});
        }
    }
};

/// The pixel moved by noise of its covariance.
inline stereo::MeasuredPixel noisy(const stereo::MeasuredPixel& exact, drr::Rng& rng) {
    const Eigen::Matrix2d root = exact.covariance_px2.llt().matrixL();
    const double first = rng.normal();
    return {exact.pixel + root * Eigen::Vector2d(first, rng.normal()), exact.covariance_px2};
}

inline std::vector<stereo::MeasuredPixel> noisy(const std::vector<stereo::MeasuredPixel>& exact,
                                                drr::Rng& rng) {
    std::vector<stereo::MeasuredPixel> pixels;
    for (const auto& pixel : exact)
        pixels.push_back(noisy(pixel, rng));
    return pixels;
}

}  // namespace test
