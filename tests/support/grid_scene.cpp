#include "grid_scene.hpp"

#include "test.hpp"

#include <drr/imaging/radiograph.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <drr/projector/path_lengths.hpp>

#include <cmath>
#include <numbers>

namespace test {

using Eigen::Vector2d;
using Eigen::Vector3d;

GridScene bead_grid() {
    const drr::MarkerPhantom phantom = drr::read_phantom(phantoms() / "undistortion_grid.yaml");
    GridScene scene;
    scene.solids = drr::solid_parts(phantom);
    for (const drr::Marker& bead : phantom.beads)
        scene.points_mm.push_back(bead.center_mm);
    return scene;
}

GridScene perforated_sheet(bool hexagonal) {
    constexpr double thickness_mm = 0.5;
    constexpr double pitch_mm = 12.0;
    constexpr double hole_mm = 6.0;
    GridScene scene;
    const auto part = [](double radius, const Vector3d& at, int sign) {
        return drr::SolidPart{
            "sheet",
            {drr::Cylinder{radius, thickness_mm}, drr::Rigid3(Eigen::Matrix3d::Identity(), at)},
            "steel",
            sign};
    };
    scene.solids.push_back(part(170.0, Vector3d::Zero(), 1));
    for (int j = -16; j <= 16; ++j)
        for (int i = -32; i <= 32; ++i) {
            const Vector3d at =
                pitch_mm * (hexagonal ? Vector3d(i + 0.5 * j, 0.5 * std::numbers::sqrt3 * j, 0.0)
                                      : Vector3d(i, j, 0.0));
            if (at.norm() > 160.0) continue;
            scene.points_mm.push_back(at);
            scene.solids.push_back(part(0.5 * hole_mm, at, -1));
        }
    return scene;
}

GridImage render(const GridScene& scene) {
    constexpr double sdd_mm = 1000.0;
    constexpr double grid_from_screen_mm = 8.0;
    drr::XrayView view;
    view.sdd_mm = sdd_mm;
    view.pixel_pitch_mm = Vector2d::Constant(0.3);
    view.width_px = view.height_px = grid_image_px;
    view.principal_point_px = view.middle_px();
    const Eigen::Matrix3d turn =
        Eigen::AngleAxisd(scene.turn_rad, Vector3d::UnitZ()).toRotationMatrix();
    view.view_from_world =
        drr::Rigid3(turn, {scene.shift_mm.x(), scene.shift_mm.y(), sdd_mm - grid_from_screen_mm});

    drr::RadiographOptions options;
    options.photons_per_pixel = scene.photons_per_pixel;
    options.point_spread = drr::PointSpread{drr::GaussianSpread{scene.blur_px}};
    if (scene.distortion.radius_px > 0.0) options.distortion = scene.distortion;
    const drr::RadiographChain chain(options, view);
    const drr::Image<float> integrals =
        drr::line_integrals(drr::path_lengths(scene.solids, chain.signal_view()),
                            drr::MonoenergeticBeam{}.photon_energy_kev);
    const drr::Image<std::uint16_t> radiograph =
        chain.radiograph(drr::monoenergetic_signal(integrals),
                         {.seed = scene.seed, .purpose = drr::RngPurpose::quantum_noise});

    GridImage image;
    image.pixels = drr::Image<float>(grid_image_px, grid_image_px);
    for (int v = 0; v < grid_image_px; ++v)
        for (int u = 0; u < grid_image_px; ++u)
            if ((Vector2d(u, v) - view.middle_px()).norm() <= scene.field_radius_px)
                image.pixels(u, v) = radiograph(u, v);
    for (const Vector3d& point : scene.points_mm) {
        const Vector2d at = view.project(point);
        image.undistorted_px.push_back(at);
        image.distorted_px.push_back(options.distortion ? options.distortion->distort(at) : at);
    }
    return image;
}

}  // namespace test
