#include "ct_scenes.hpp"
#include "instruction_sets.hpp"
#include "test.hpp"

#include <drr/geometry/stereo_rig.hpp>
#include <drr/projector/joseph.hpp>

#include <utility>

using namespace drr;
using namespace test;

namespace {

// What positions held in float and sums of some hundred samples may be off, of the largest value;
// seen is 1e-6.
constexpr double simd_rounding = 3e-6;

/// Joseph's method for one ray as it is defined, in double precision: a sample in each plane of the
/// dominant axis, weighted by the part of its slab that lies between source and pixel.
double reference(const MuVolume& volume, const Vector3d& source, const Vector3d& pixel) {
    const Vector3d ray = pixel - source;
    Eigen::Index axis = 0;
    ray.cwiseAbs().maxCoeff(&axis);
    const auto a = static_cast<int>(axis), b = (a + 1) % 3, c = (a + 2) % 3;
    const auto mu = [&](int on_a, int on_b, int on_c) {
        std::array<int, 3> voxel{};
        voxel[static_cast<std::size_t>(a)] = on_a;
        voxel[static_cast<std::size_t>(b)] = on_b;
        voxel[static_cast<std::size_t>(c)] = on_c;
        for (std::size_t d = 0; d < 3; ++d)
            if (voxel[d] < 0 || voxel[d] >= volume.sizes[d]) return 0.0;
        return static_cast<double>(volume.at(voxel[0], voxel[1], voxel[2]));
    };
    double sum = 0.0;
    for (int plane = 0; plane < volume.sizes[static_cast<std::size_t>(a)]; ++plane) {
        const double low = std::min(source[a], pixel[a]), high = std::max(source[a], pixel[a]);
        const double part = std::min(high, plane + 0.5) - std::max(low, plane - 0.5);
        if (part <= 0.0) continue;
        const Vector3d at = source + (plane - source[a]) / ray[a] * ray;
        if (at.cwiseAbs().maxCoeff() > 1e6) continue;
        const int i = static_cast<int>(std::floor(at[b])), j = static_cast<int>(std::floor(at[c]));
        const double x = at[b] - i, y = at[c] - j;
        sum += part * ((1 - x) * (1 - y) * mu(plane, i, j) + x * (1 - y) * mu(plane, i + 1, j) +
                       (1 - x) * y * mu(plane, i, j + 1) + x * y * mu(plane, i + 1, j + 1));
    }
    return sum * ray.cwiseProduct(volume.spacing_mm).norm() / std::abs(ray[a]);
}

Image<float> reference(const MuVolume& volume, const XrayView& view) {
    Image<float> image(view.width_px, view.height_px);
    const Vector3d source = volume.index_from_world(view.source_in_world_mm());
    for (int v = 0; v < view.height_px; ++v)
        for (int u = 0; u < view.width_px; ++u)
            image(u, v) = static_cast<float>(
                reference(volume, source, volume.index_from_world(view.pixel_in_world_mm({u, v}))));
    return image;
}

void check_against_reference(const MuVolume& volume, const XrayView& view) {
    const Image<float> expected = reference(volume, view);
    BOOST_TEST(largest(expected) > 0.0);
    for (const VolumeLayout layout : {VolumeLayout::lanes, VolumeLayout::plain}) {
        const Image<float> image = JosephProjector(volume, layout).line_integrals(view);
        BOOST_TEST(largest_difference(image, expected) <= simd_rounding * largest(expected));
    }
}

/// At the world's origin, a C-arm from behind the patient, rolled about the beam.
XrayView c_arm(double orbit_rad, double cranial_rad, double roll_rad, int pixels, double pitch_mm) {
    StereoRigSpec rig;
    rig.source_isocentre_mm = 700;
    rig.sdd_mm = 1020;
    rig.primary_angle_rad += orbit_rad;
    rig.secondary_angle_rad = cranial_rad;
    rig.detector_rotation_rad = -roll_rad;
    rig.width_px = rig.height_px = pixels;
    rig.pixel_pitch_mm.setConstant(pitch_mm);
    return make_stereo_rig(rig)[0];
}

MuVolume uneven_volume(std::uint64_t seed) {
    return test::uneven_volume(seed, {61, 50, 43});
}

}  // namespace

// Any side, any roll, any dominant axis, also several in one image.
BOOST_AUTO_TEST_CASE(random_views_equal_the_method_ray_by_ray) {
    Rng rng = rng_of(11);
    for (int trial = 0; trial < 30; ++trial) {
        const Vector3d spacing(rng.uniform(0.5, 2), rng.uniform(0.5, 2), rng.uniform(0.5, 3));
        const MuVolume volume =
            moved(random_volume(rng, {40, 33, 29}, spacing), random_turn(rng, {2.0, -3.0, 5.0}));
        const double pitch_mm = std::exp(rng.uniform(std::log(0.2), std::log(4.0)));
        check_against_reference(volume, random_view(rng, 200, 320, 53, 47, pitch_mm));
    }
}

// Rolls and tilts at which columns of rays share rows, nearly share them, or do not.
BOOST_AUTO_TEST_CASE(poses_of_a_c_arm_equal_the_method_ray_by_ray) {
    const MuVolume volume = uneven_volume(12);
    for (const double orbit : {0.0, 0.5, 0.7853981633974483, 1.5707963267948966, 3.0})
        for (const double cranial : {0.0, 0.4, 1.2, 1.5707963267948966})
            for (const double roll : {0.0, 0.1, 0.7853981633974483, 2.0})
                check_against_reference(volume, c_arm(orbit, cranial, roll, 70, 1.6));
}

// Pixels far smaller and far larger than voxels: windows of one vector, of two, of none.
BOOST_AUTO_TEST_CASE(any_pixel_size_equals_the_method_ray_by_ray) {
    const MuVolume volume = uneven_volume(13);
    for (const double pitch : {0.05, 0.4, 1.0, 2.0, 3.5, 9.0})
        for (const double roll : {0.0, 0.3})
            check_against_reference(volume, c_arm(0.4, 0.0, roll, 80, pitch));
}

BOOST_AUTO_TEST_CASE(rays_may_start_and_end_inside) {
    Rng rng = rng_of(14);
    for (int trial = 0; trial < 20; ++trial) {
        const MuVolume volume =
            moved(random_volume(rng, {30, 33, 29}, {1.0, 1.5, 2.0}), random_turn(rng));
        const double back_mm = rng.uniform(-15, 30), sdd_mm = rng.uniform(8, 60);
        check_against_reference(volume, random_view(rng, back_mm, sdd_mm, 40, 40, 1.5));
    }
}

BOOST_AUTO_TEST_CASE(sixteen_bits_give_what_their_values_give) {
    Rng rng = rng_of(22);
    MuVolume16 volume{{{61, 50, 43}, {1.0, 1.2, 1.7}}, {}, 0.00002};
    MuVolume same{volume, {}};
    for (std::size_t n = 0; n < volume.voxel_count(); ++n) {
        volume.steps.push_back(static_cast<std::int16_t>(rng.uniform(0, 32767.5)));
        same.mu_per_mm.push_back(static_cast<float>(volume.mu_per_step * volume.steps[n]));
    }
    for (const double roll : {0.0, 0.1, 0.7853981633974483}) {
        const XrayView view = c_arm(0.3, 0.2, roll, 90, 1.2);
        const Image<float> expected = reference(same, view);
        for (const VolumeLayout layout : {VolumeLayout::lanes, VolumeLayout::plain}) {
            const Image<float> image = JosephProjector(volume, layout).line_integrals(view);
            BOOST_TEST(largest_difference(image, expected) <= simd_rounding * largest(expected));
        }
    }
}

// What a machine with fewer instructions runs.
BOOST_AUTO_TEST_CASE(every_instruction_set_equals_the_method_ray_by_ray) {
    const MuVolume volume = uneven_volume(21);
    with_every_instruction_set([&] {
        for (const double roll : {0.0, 0.1, 0.7853981633974483})
            for (const double pitch : {0.3, 1.0, 2.0, 5.0})
                check_against_reference(volume, c_arm(0.3, 0.0, roll, 60, pitch));
    });
}

// Bricks of vacuum and a box around what is there.
BOOST_AUTO_TEST_CASE(empty_space_changes_nothing) {
    Rng rng = rng_of(15);
    const MuVolume volume = scattered_cubes(rng, {90, 80, 70});
    for (int trial = 0; trial < 10; ++trial)
        check_against_reference(volume, random_view(rng, 300, 450, 90, 80, 1.6));
    const Image<float> none = JosephProjector(vacuum({3, 3, 3}, {1, 1, 1}))
                                  .line_integrals(random_view(rng, 200, 300, 4, 4, 2.0));
    BOOST_TEST(largest(none) == 0.0);
}

// A voxel at each corner and edge of the volume: zeros around it are air, nothing else.
BOOST_AUTO_TEST_CASE(border_voxels_fall_off_to_air) {
    MuVolume volume = vacuum({20, 18, 33}, {1.0, 1.0, 1.0});
    for (const int i : {0, 19})
        for (const int j : {0, 17})
            for (const int k : {0, 32})
                volume.mu_per_mm[volume.offset(i, j, k)] = 1.0F;
    Rng rng = rng_of(16);
    for (int trial = 0; trial < 10; ++trial)
        check_against_reference(volume, random_view(rng, 300, 450, 120, 110, 0.5));
}

// Away from its surface a uniform block is a chord, borders included along the ray: half a voxel
// beyond the outer centres on both sides.
BOOST_AUTO_TEST_CASE(a_uniform_block_is_seen_from_face_to_face) {
    MuVolume volume = vacuum({20, 10, 8}, {2.0, 3.0, 5.0});
    std::fill(volume.mu_per_mm.begin(), volume.mu_per_mm.end(), 1.0F);
    const XrayView view = c_arm(0.0, 0.0, 0.0, 5, 1.0);
    const Image<float> image = JosephProjector(volume).line_integrals(view);
    BOOST_TEST(image(2, 2) == 30.0, boost::test_tools::tolerance(1e-6));
}

// A smooth ball, mu = (1 - r^2/R^2)^2 within R, of which every chord is known: 16/15 h (h/R)^4 for
// the half chord h. Interpolation is right to second order.
BOOST_AUTO_TEST_CASE(a_smooth_ball_converges_to_second_order) {
    constexpr double radius = 30.0;
    const XrayView view = c_arm(0.4, 0.3, 0.5, 64, 1.6);
    std::array<double, 3> rms{};
    for (std::size_t level = 0; level < rms.size(); ++level) {
        const double voxel = 4.0 / static_cast<double>(1 << level);
        const int count = 2 * static_cast<int>(std::ceil(radius / voxel)) + 3;
        MuVolume volume = vacuum({count, count, count}, Vector3d::Constant(voxel));
        for (int k = 0; k < count; ++k)
            for (int j = 0; j < count; ++j)
                for (int i = 0; i < count; ++i) {
                    const double share =
                        volume.world_from_index(Vector3d(i, j, k)).squaredNorm() / radius / radius;
                    volume.mu_per_mm[volume.offset(i, j, k)] =
                        share < 1 ? static_cast<float>((1 - share) * (1 - share)) : 0.0F;
                }
        const Image<float> image = JosephProjector(std::move(volume)).line_integrals(view);
        const Vector3d source = view.source_in_world_mm();
        double squares = 0.0;
        for (int v = 0; v < view.height_px; ++v)
            for (int u = 0; u < view.width_px; ++u) {
                const Vector3d direction = (view.pixel_in_world_mm({u, v}) - source).normalized();
                const double miss = direction.cross(source).norm();
                const double half = std::sqrt(std::max(radius * radius - miss * miss, 0.0));
                const double exact = 16.0 / 15.0 * half * std::pow(half / radius, 4.0);
                squares += std::pow(static_cast<double>(image(u, v)) - exact, 2.0);
            }
        rms[level] = std::sqrt(squares / (64.0 * 64.0));
        BOOST_TEST_MESSAGE("voxel " << voxel << " mm: rms " << rms[level] << " mm");
    }
    // 4 to the power of 0.95: the last mixed terms.
    BOOST_TEST(rms[0] / rms[1] > 3.7);
    BOOST_TEST(rms[1] / rms[2] > 3.7);
}

BOOST_AUTO_TEST_CASE(a_ray_backwards_gives_the_same) {
    Rng rng = rng_of(23);
    const MuVolume volume = moved(random_volume(rng, {17, 20, 13}, {2, 3, 2.5}), random_turn(rng));
    for (const VolumeLayout layout : {VolumeLayout::lanes, VolumeLayout::plain})
        BOOST_TEST(asymmetry(JosephProjector(volume, layout), rng) < simd_rounding);
}

// One copy serves an orbit; a view along its lanes needs another.
BOOST_AUTO_TEST_CASE(copies_are_made_once_and_counted) {
    const JosephProjector projector(uneven_volume(20));
    BOOST_TEST(projector.copies().count == 0);
    for (const double orbit : {0.0, 0.8, 1.5})
        BOOST_TEST(largest(projector.line_integrals(c_arm(orbit, 0.0, 0.0, 20, 1.0))) > 0.0);
    BOOST_TEST(projector.copies().count == 1);
    BOOST_TEST(largest(projector.line_integrals(c_arm(0.0, 1.5, 0.0, 20, 1.0))) > 0.0);
    BOOST_TEST(projector.copies().count == 2);
    BOOST_TEST(projector.copies().bytes >= 2U * 61 * 50 * 43 * sizeof(float));
    const JosephProjector plain(uneven_volume(20), VolumeLayout::plain);
    BOOST_TEST(largest(plain.line_integrals(c_arm(0.0, 0.0, 0.0, 20, 1.0))) > 0.0);
    BOOST_TEST(plain.copies().count == 0);
}
