// How fast projectors of volumes come to the exact line integral as voxels shrink. The lines that
// begin with "convergence" are read by scripts/convergence.
#include "ct_scenes.hpp"
#include "test.hpp"

#include <drr/projector/analytic.hpp>
#include <drr/projector/joseph.hpp>
#include <drr/projector/siddon.hpp>
#include <drr/projector/trilinear.hpp>

#include <functional>
#include <map>
#include <string>

using namespace drr;
using namespace test;

namespace {

constexpr double radius_mm = 30.0;
constexpr int pixels = 96;
const std::vector<double> voxels_mm{4.0, 2.0, 1.0, 0.5};

/// Off every axis and rolled, so that rays meet voxels anyhow.
XrayView view() {
    Rigid3 turn{rotation_from_vector(Vector3d(0.4, 0.9, 0.5)), Vector3d::Zero()};
    turn.translation_mm = turn.rotation * Vector3d(0, 0, -700);
    return view_from(turn, 1020, pixels, pixels, 1.0);
}

/// The half chord of each pixel's ray within the ball.
Image<double> half_chords(const XrayView& view) {
    Image<double> image(view.width_px, view.height_px);
    const Vector3d source = view.source_in_world_mm();
    for (int v = 0; v < view.height_px; ++v)
        for (int u = 0; u < view.width_px; ++u) {
            const Vector3d along = (view.pixel_in_world_mm({u, v}) - source).normalized();
            const double miss = along.cross(source).norm();
            image(u, v) = std::sqrt(std::max(radius_mm * radius_mm - miss * miss, 0.0));
        }
    return image;
}

MuVolume ball(double voxel_mm, const std::function<double(const Vector3d&)>& mu) {
    const int count = 2 * static_cast<int>(std::ceil(radius_mm / voxel_mm)) + 3;
    MuVolume volume = vacuum({count, count, count}, Vector3d::Constant(voxel_mm));
    for (int k = 0; k < count; ++k)
        for (int j = 0; j < count; ++j)
            for (int i = 0; i < count; ++i)
                volume.mu_per_mm[volume.offset(i, j, k)] =
                    static_cast<float>(mu(volume.world_from_index(Vector3d(i, j, k))));
    return volume;
}

/// A ball whose attenuation goes smoothly to 0, (1 - r^2/R^2)^2: every chord is known.
double smooth(const Vector3d& at) {
    const double share = at.squaredNorm() / radius_mm / radius_mm;
    return share < 1.0 ? (1.0 - share) * (1.0 - share) : 0.0;
}
double smooth_integral(double half_chord_mm) {
    return 16.0 / 15.0 * half_chord_mm * std::pow(half_chord_mm / radius_mm, 4.0);
}

/// The share of the voxel that lies within a sphere of mu = 1 / mm, by 6^3 points where the surface
/// may pass.
double share_inside(const Vector3d& at, double voxel_mm) {
    const double depth = radius_mm - at.norm();
    if (std::abs(depth) > voxel_mm) return depth > 0.0 ? 1.0 : 0.0;
    constexpr int points = 6;
    int inside = 0;
    for (int n = 0; n < points * points * points; ++n) {
        const Vector3d place(n % points, n / points % points, n / points / points);
        const Vector3d offset = ((place.array() + 0.5) / points - 0.5).matrix() * voxel_mm;
        inside += (at + offset).squaredNorm() < radius_mm * radius_mm ? 1 : 0;
    }
    return inside / double(points * points * points);
}

/// RMS errors in mm for each voxel size.
using Errors = std::map<std::string, std::vector<double>>;

std::map<std::string, std::unique_ptr<Projector>> projectors(const MuVolume& volume) {
    std::map<std::string, std::unique_ptr<Projector>> made;
    made["siddon"] = std::make_unique<SiddonProjector>(volume);
    made["joseph"] = std::make_unique<JosephProjector>(volume);
    made["trilinear"] = std::make_unique<TrilinearProjector>(volume);
    return made;
}

/// Over the pixels whose half chord is longer than `least_mm`.
double rms_error(const Image<float>& image, const Image<double>& half_chords_mm, double least_mm,
                 const std::function<double(double)>& integral) {
    double squares = 0.0, count = 0.0;
    for (std::size_t n = 0; n < image.size(); ++n) {
        const double half = half_chords_mm.pixels()[n];
        if (half <= least_mm) continue;
        squares += std::pow(static_cast<double>(image.pixels()[n]) - integral(half), 2.0);
        count += 1.0;
    }
    return std::sqrt(squares / count);
}

std::map<std::string, double> orders(const std::string& object, const Errors& errors) {
    std::map<std::string, double> result;
    for (const auto& [name, rms_mm] : errors) {
        for (std::size_t n = 0; n < voxels_mm.size(); ++n)
            BOOST_TEST_MESSAGE("convergence " << object << " " << name << " " << voxels_mm[n] << " "
                                              << rms_mm[n]);
        result[name] = slope(voxels_mm, rms_mm);
        BOOST_TEST_MESSAGE("order of " << name << " on the " << object << ": " << result[name]);
    }
    return result;
}

}  // namespace

// Interpolation is right to second order. Siddon's cells are right to first order at a point of a
// ray, but an oblique ray meets their values before and behind their centres evenly, so that what
// is left of the sum is of second order too.
BOOST_AUTO_TEST_CASE(order_on_a_smooth_ball) {
    const XrayView from = view();
    const Image<double> chords = half_chords(from);
    Errors errors;
    for (const double voxel_mm : voxels_mm)
        for (const auto& [name, projector] : projectors(ball(voxel_mm, smooth)))
            errors[name].push_back(
                rms_error(projector->line_integrals(from), chords, -1.0, smooth_integral));
    auto order = orders("smooth-ball", errors);
    // Terms of higher order at 4 mm, an eighth of the radius; seen is 1.99.
    BOOST_TEST(std::abs(order["joseph"] - 2.0) < 0.1);
    BOOST_TEST(std::abs(order["trilinear"] - 2.0) < 0.1);
    BOOST_TEST(std::abs(order["siddon"] - 2.0) < 0.4);  // how evenly is chance; seen is 2.2
}

// A sphere with an edge, surface voxels filled in part: the limb, where a chord begins like a
// square root, is blurred over a voxel: h^0.5 wrong in a band h wide leaves order 1. Away from it
// (chords above 1.2 radii) where in its voxel the edge lies is lost, which is order 1 again with
// interpolation a third of the error of cells.
BOOST_AUTO_TEST_CASE(order_on_a_sphere) {
    const XrayView from = view();
    const Image<double> chords = half_chords(from);
    const auto chord = [](double half_mm) { return 2.0 * half_mm; };
    Errors all, inner;
    for (const double voxel_mm : voxels_mm) {
        const MuVolume volume =
            ball(voxel_mm, [&](const Vector3d& at) { return share_inside(at, voxel_mm); });
        for (const auto& [name, projector] : projectors(volume)) {
            const Image<float> image = projector->line_integrals(from);
            all[name].push_back(rms_error(image, chords, -1.0, chord));
            inner[name].push_back(rms_error(image, chords, 0.6 * radius_mm, chord));
        }
    }
    for (auto& [name, order] : orders("sphere", all))
        BOOST_TEST(std::abs(order - 1.0) < 0.2);
    for (auto& [name, order] : orders("sphere-inner", inner))
        BOOST_TEST(order > 0.9);
    BOOST_TEST(inner["joseph"].back() < 0.5 * inner["siddon"].back());
    BOOST_TEST(inner["trilinear"].back() < 0.5 * inner["siddon"].back());
}
