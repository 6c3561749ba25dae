#pragma once

#include <drr/core/degree.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <stereo/calib/calibration.hpp>

#include <functional>

namespace test {

/// A calibration at the level of points: a phantom in random poses before a clinical rig, projected
/// exactly, with Gaussian noise.
struct CalibrationCase {
    std::vector<drr::XrayView> rig;  // world = rig frame
    std::vector<drr::Rigid3> rig_from_phantom;
    stereo::Observations observations;

    /// The views as a calibration should find them: world = phantom in pose `world`.
    [[nodiscard]] std::vector<drr::CalibratedView> truth(std::size_t world = 0) const {
        std::vector<drr::CalibratedView> views;
        for (const auto& view : rig) {
            views.push_back(view.calibrated());
            views.back().view_from_world = views.back().view_from_world * rig_from_phantom[world];
        }
        return views;
    }
    void add_noise(double sd_px, drr::Rng& rng) {
        for (auto& item : observations.items)
            item.pixel += sd_px * Eigen::Vector2d(rng.normal(), rng.normal());
    }
};

struct CaseOptions {
    double angle_deg = 6.0;
    int poses = 12;
    std::uint64_t seed = 1;
    double turn_rad = 0.5;    ///< of each component of a pose's rotation vector
    bool third_view = false;  ///< between the other two, turned up by 20 degrees
    std::vector<Eigen::Vector3d> markers_mm = {};  ///< empty: the small LEGO cube's lattice
};

inline CalibrationCase calibration_case(const CaseOptions& options) {
    CalibrationCase c;
    drr::StereoRigSpec spec;
    spec.stereo_angle_rad = options.angle_deg * drr::degree;
    spec.principal_offset_px = {4.0, -7.0};
    for (const auto& view : drr::make_stereo_rig(spec))
        c.rig.push_back(view);
    if (options.third_view) {
        spec.secondary_angle_rad = 20.0 * drr::degree;
        c.rig.push_back(drr::make_stereo_rig(spec)[0]);
    }
    stereo::Observations& o = c.observations;
    o.view_count = static_cast<int>(c.rig.size());
    o.pose_count = options.poses;
    o.width_px = spec.width_px;
    o.height_px = spec.height_px;
    o.markers_in_phantom_mm = options.markers_mm;
    if (o.markers_in_phantom_mm.empty())
        for (int x = 0; x < 4; ++x)
            for (int y = 0; y < 4; ++y)
                for (int z = 0; z < 4; ++z)
                    o.markers_in_phantom_mm.push_back(
                        40.0 * (Eigen::Vector3d(x, y, z) - Eigen::Vector3d::Constant(1.5)));
    drr::Rng rng({.seed = options.seed, .purpose = drr::RngPurpose::poses});
    const auto within = [&](double size) { return rng.uniform(-size, size); };
    for (int pose = 0; pose < options.poses; ++pose) {
        const double t = options.turn_rad;
        const Eigen::Vector3d turn(within(t), within(t), within(t));
        const Eigen::Vector3d shift(within(10.0), within(30.0), within(10.0));
        c.rig_from_phantom.emplace_back(drr::rotation_from_vector(turn), shift);
        for (int view = 0; view < o.view_count; ++view)
            for (std::size_t marker = 0; marker < o.markers_in_phantom_mm.size(); ++marker)
                o.items.push_back({pose, view, static_cast<int>(marker),
                                   c.rig[static_cast<std::size_t>(view)].project(
                                       c.rig_from_phantom.back() * o.markers_in_phantom_mm[marker]),
                                   1.0});
    }
    return c;
}

}  // namespace test
