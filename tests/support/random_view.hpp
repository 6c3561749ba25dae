#pragma once

#include <drr/core/rng.hpp>
#include <drr/geometry/xray_view.hpp>

namespace test {

inline Eigen::Vector3d random_point(drr::Rng& rng, double size) {
    return {rng.uniform(-size, size), rng.uniform(-size, size), rng.uniform(-size, size)};
}

/// Any pose, with all that a detector can have: an off-centre principal point, oblong pixels.
inline drr::XrayView random_view(drr::Rng& rng) {
    drr::XrayView view;
    view.view_from_world =
        drr::Rigid3(drr::rotation_from_vector(random_point(rng, 1.8)), random_point(rng, 500.0));
    view.sdd_mm = rng.uniform(500.0, 2000.0);
    view.pixel_pitch_mm = {rng.uniform(0.1, 1.0), rng.uniform(0.1, 1.0)};
    view.principal_point_px = {rng.uniform(-100.0, 700.0), rng.uniform(-100.0, 700.0)};
    view.width_px = 512 + static_cast<int>(rng.next_u32() % 100);
    view.height_px = 400 + static_cast<int>(rng.next_u32() % 100);
    return view;
}

/// A point of the world that the view shows, between source and detector.
inline Eigen::Vector3d random_point_before(drr::Rng& rng, const drr::XrayView& view) {
    const Eigen::Vector2d pixel(rng.uniform(0.0, view.width_px), rng.uniform(0.0, view.height_px));
    return view.view_from_world.inverse() *
           Eigen::Vector3d(rng.uniform(0.2, 1.0) * view.pixel_in_view_mm(pixel));
}

}  // namespace test
