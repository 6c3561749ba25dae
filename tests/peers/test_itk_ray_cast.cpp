// ITK's ray caster against closed forms and the analytic projector: where it takes voxels to lie,
// and how well it converges.
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/projector/analytic.hpp>
#include <drr/projector/itk_ray_cast.hpp>

#include <algorithm>
#include <cmath>

namespace {

using drr::CtVolume;
using drr::Image;
using drr::XrayView;
using Eigen::Vector3d;

/// mu = 1 / mm at 0 HU, so that line integrals are lengths.
const drr::HuToMu unit_mu = drr::water_rule(1.0);

CtVolume air(std::array<int, 3> sizes, const Vector3d& spacing_mm) {
    CtVolume volume{{sizes, spacing_mm}, {}};
    volume.hu.assign(volume.voxel_count(), -1000.0F);
    volume.origin_mm = -volume.centre_in_world_mm();
    return volume;
}

/// Looks along +y, like a rig by default, at the world's origin.
XrayView view_of(double source_isocentre_mm, double sdd_mm, int pixels, double pitch_mm) {
    drr::StereoRigSpec rig;
    rig.source_isocentre_mm = source_isocentre_mm;
    rig.sdd_mm = sdd_mm;
    rig.width_px = rig.height_px = pixels;
    rig.pixel_pitch_mm.setConstant(pitch_mm);
    return make_stereo_rig(rig)[0];
}

/// The sphere itself, by the analytic projector with one ray a pixel as ITK casts.
Image<float> exact_sphere(const XrayView& view, const Vector3d& centre, double radius) {
    const drr::Shape sphere{drr::Sphere{radius},
                            drr::Rigid3(Eigen::Quaterniond::Identity(), centre)};
    return drr::AnalyticProjector({{sphere, unit_mu(0.0), 1}}, {.samples_per_pixel = 1})
        .line_integrals(view);
}

/// A sphere of 0 HU whose surface voxels hold the share that lies inside, for a locally flat
/// surface.
CtVolume voxelized_sphere(double voxel_mm, double radius_mm, const Vector3d& centre) {
    const int count = static_cast<int>(std::ceil(2.0 * (radius_mm + 4.0) / voxel_mm));
    CtVolume volume = air({count, count, count}, Vector3d::Constant(voxel_mm));
    for (int k = 0; k < count; ++k)
        for (int j = 0; j < count; ++j)
            for (int i = 0; i < count; ++i) {
                const double depth =
                    radius_mm - (volume.world_from_index(Vector3d(i, j, k)) - centre).norm();
                const double share = std::clamp(0.5 + depth / voxel_mm, 0.0, 1.0);
                volume.at(i, j, k) = static_cast<float>(1000.0 * share - 1000.0);
            }
    return volume;
}

struct Comparison {
    double rms_mm = 0.0;
    double inner_rms_mm = 0.0;  ///< of chords longer than 1.2 radii, away from the limb
    double bias_mm = 0.0;
    Eigen::Vector2d centroid_shift_px = Eigen::Vector2d::Zero();
};

Comparison compare(double voxel_mm) {
    constexpr double radius = 30.0;
    const Vector3d centre(1.3, -0.7, 0.4);
    const XrayView view = view_of(900.0, 1200.0, 128, 0.8);
    const drr::ItkRayCastProjector projector(voxelized_sphere(voxel_mm, radius, centre), unit_mu);
    const Image<float> image = projector.line_integrals(view);
    const Image<float> analytic = exact_sphere(view, centre, radius);
    Comparison result;
    double squares = 0.0, inner_squares = 0.0, inner = 0.0, sum = 0.0, total = 0.0,
           exact_total = 0.0;
    Eigen::Vector2d moment = Eigen::Vector2d::Zero(), exact_moment = moment;
    for (int row = 0; row < 128; ++row)
        for (int column = 0; column < 128; ++column) {
            const Eigen::Vector2d pixel(column, row);
            const double exact = analytic(column, row);
            const double error = image(column, row) - exact;
            squares += error * error;
            if (exact > 1.2 * radius) {
                inner_squares += error * error;
                inner += 1.0;
            }
            sum += error;
            total += image(column, row);
            exact_total += exact;
            moment += image(column, row) * pixel;
            exact_moment += exact * pixel;
        }
    result.rms_mm = std::sqrt(squares / (128.0 * 128.0));
    result.inner_rms_mm = std::sqrt(inner_squares / inner);
    result.bias_mm = sum / (128.0 * 128.0);
    result.centroid_shift_px = moment / total - exact_moment / exact_total;
    return result;
}

}  // namespace

// A block that fills the volume: rays along an axis see all of its voxels from edge to edge. ITK by
// itself drops the last plane.
BOOST_AUTO_TEST_CASE(box_is_seen_from_edge_to_edge) {
    const Vector3d spacing(2.0, 3.0, 5.0);
    CtVolume volume = air({20, 10, 8}, spacing);
    std::fill(volume.hu.begin(), volume.hu.end(), 0.0F);
    const XrayView view = view_of(1e6, 1e6 + 500.0, 5, 1.0);
    const Image<float> image = drr::ItkRayCastProjector(volume, unit_mu).line_integrals(view);
    // ITK works in double; the image holds floats.
    BOOST_TEST(image(2, 2) == 30.0, boost::test_tools::tolerance(1e-5));
}

// Across the rays the interpolated block falls off linearly between the centres of its last voxel
// and of the next, so half of it is left exactly at the voxel's edge. Half a voxel of shift in
// either direction would move that point.
BOOST_AUTO_TEST_CASE(half_height_lies_at_voxel_edges) {
    const double voxel = 4.0;
    CtVolume volume = air({21, 21, 21}, Vector3d::Constant(voxel));
    for (int k = 5; k <= 15; ++k)
        for (int j = 5; j <= 15; ++j)
            for (int i = 7; i <= 12; ++i)
                volume.at(i, j, k) = 0.0F;
    // A source so far away that rays are parallel to 1e-5; pixels of 0.5 mm centred on the axis.
    const XrayView view = view_of(1e6, 1e6 + 500.0, 161, 0.5);
    const Image<float> image = drr::ItkRayCastProjector(volume, unit_mu).line_integrals(view);
    const double length = 11 * voxel;
    const double magnification = (1e6 + 500.0) / 1e6;
    const auto at_x = [&](double x_mm) {
        return image(static_cast<int>(std::lround(80 + x_mm * magnification / 0.5)), 80);
    };
    const double low = (7 - 0.5 - 10) * voxel, high = (12 + 0.5 - 10) * voxel;
    // The magnification moves a pixel by 1e-2 px, that is 0.06 mm of the length.
    constexpr double tolerance_mm = 0.1;
    BOOST_TEST(std::abs(at_x(low) - 0.5 * length) < tolerance_mm);
    BOOST_TEST(std::abs(at_x(high) - 0.5 * length) < tolerance_mm);
    BOOST_TEST(std::abs(at_x(low + 1.0) - 0.75 * length) < tolerance_mm);
    BOOST_TEST(std::abs(at_x(low + 2.0) - length) < tolerance_mm);
    BOOST_TEST(std::abs(at_x(low - 2.0)) < tolerance_mm);
}

// The error falls with the voxel size, the sphere keeps its mass, and its centre does not move.
BOOST_AUTO_TEST_CASE(voxelized_sphere_converges_to_exact_chord) {
    const Comparison coarse = compare(4.0), middle = compare(2.0), fine = compare(1.0);
    for (const auto& c : {coarse, middle, fine})
        BOOST_TEST_MESSAGE("rms " << c.rms_mm << " mm, inner rms " << c.inner_rms_mm << " mm, bias "
                                  << c.bias_mm << " mm, shift " << c.centroid_shift_px.transpose()
                                  << " px");
    // Inside, the trapezoid sum is right to second order; the limb, where a chord grows like the
    // square root of the depth, limits the image's RMS to order 1 or better.
    BOOST_TEST(middle.rms_mm < 0.55 * coarse.rms_mm);
    BOOST_TEST(fine.rms_mm < 0.55 * middle.rms_mm);
    // Away from the limb what is left are surface voxels sampled once a plane: better than order 1.
    BOOST_TEST(middle.inner_rms_mm < 0.4 * coarse.inner_rms_mm);
    BOOST_TEST(fine.inner_rms_mm < 0.4 * middle.inner_rms_mm);
    // Half a voxel of 1 mm is 0.83 px at this magnification; seen is what sampling leaves.
    BOOST_TEST(fine.centroid_shift_px.norm() < 0.01);
    BOOST_TEST(std::abs(fine.bias_mm) < 0.01);
}

BOOST_AUTO_TEST_CASE(turning_volume_and_view_together_changes_nothing) {
    CtVolume volume = voxelized_sphere(2.0, 15.0, Vector3d(3.0, -2.0, 4.0));
    volume.sizes[2] -= 5;  // no symmetry
    volume.hu.resize(volume.voxel_count());
    XrayView view = view_of(900.0, 1200.0, 64, 1.0);
    const Image<float> before = drr::ItkRayCastProjector(volume, unit_mu).line_integrals(view);
    const drr::Rigid3 turn(drr::rotation_from_vector({0.4, -0.9, 0.7}), Vector3d(12, -40, 7));
    volume.direction = turn.matrix() * volume.direction;
    volume.origin_mm = turn * volume.origin_mm;
    view.view_from_world = view.view_from_world * turn.inverse();
    const Image<float> after = drr::ItkRayCastProjector(volume, unit_mu).line_integrals(view);
    double most = 0.0;
    for (std::size_t n = 0; n < before.size(); ++n)
        most = std::max(most, double(std::abs(before.pixels()[n] - after.pixels()[n])));
    // Chords of 30 mm held as float.
    BOOST_TEST(most < 1e-4);
    BOOST_TEST(*std::max_element(before.pixels().begin(), before.pixels().end()) > 25.0F);
}

// A grid whose third axis runs the other way (left-handed) shows the same object.
BOOST_AUTO_TEST_CASE(flipped_axis_shows_the_same_object) {
    const CtVolume volume = voxelized_sphere(2.0, 15.0, Vector3d(3.0, -2.0, 4.0));
    CtVolume flipped = volume;
    const int last = volume.sizes[2] - 1;
    flipped.direction.col(2) *= -1.0;
    flipped.origin_mm = volume.world_from_index(Vector3d(0, 0, last));
    for (int k = 0; k <= last; ++k)
        for (int j = 0; j < volume.sizes[1]; ++j)
            for (int i = 0; i < volume.sizes[0]; ++i)
                flipped.at(i, j, k) = volume.at(i, j, last - k);
    const XrayView view = view_of(900.0, 1200.0, 64, 1.0);
    const auto a = drr::ItkRayCastProjector(volume, unit_mu).line_integrals(view);
    const auto b = drr::ItkRayCastProjector(flipped, unit_mu).line_integrals(view);
    double most = 0.0;
    for (std::size_t n = 0; n < a.size(); ++n)
        most = std::max(most, double(std::abs(a.pixels()[n] - b.pixels()[n])));
    BOOST_TEST(most < 1e-4);
}

BOOST_AUTO_TEST_CASE(same_bytes_with_one_thread) {
    const drr::ItkRayCastProjector projector(voxelized_sphere(2.0, 15.0, Vector3d::Zero()));
    const XrayView view = view_of(900.0, 1200.0, 64, 1.0);
    const Image<float> many = projector.line_integrals(view);
    const drr::ThreadLimit one(1);
    BOOST_TEST((projector.line_integrals(view) == many));
}

BOOST_AUTO_TEST_CASE(volume_behind_the_detector_is_refused) {
    const drr::ItkRayCastProjector projector(voxelized_sphere(4.0, 15.0, Vector3d::Zero()));
    BOOST_CHECK_THROW(static_cast<void>(projector.line_integrals(view_of(900.0, 910.0, 8, 1.0))),
                      drr::Error);
}
