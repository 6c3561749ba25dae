#include "ct_scenes.hpp"
#include "instruction_sets.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/projector/siddon.hpp>

using namespace drr;
using namespace test;

namespace {

constexpr AnalyticOptions centre_sampling{.samples_per_pixel = 1};

// The images hold floats: half a unit in the last place of either.
constexpr double float_rounding = 1.2e-7;
// Edges of voxels are met at some 1e-12 mm; what a ray through an edge gains or loses is below.
constexpr double edge_rounding = 1e-9;
// In the lane layout positions are floats of up to 16 voxels. That matters where a ray leaves one
// voxel for the next at a small angle, so it is rare: of the largest value, and over an image.
constexpr double march_rounding = 2e-5;
constexpr double march_rms = 2e-6;

/// Returns the largest value.
double check_equal(const Image<float>& image, const Image<float>& exact, VolumeLayout layout) {
    const double most = largest(exact);
    for (std::size_t n = 0; n < image.size(); ++n) {
        const double value = static_cast<double>(exact.pixels()[n]);
        const double tolerance = layout == VolumeLayout::plain
                                     ? float_rounding * value + edge_rounding
                                     : march_rounding * most;
        BOOST_TEST(std::abs(static_cast<double>(image.pixels()[n]) - value) <= tolerance);
    }
    BOOST_TEST(relative_rms(image, exact) <= march_rms);
    return most;
}

constexpr std::array<VolumeLayout, 2> layouts{VolumeLayout::lanes, VolumeLayout::plain};

void check_against_chords(const MuVolume& volume, const XrayView& view, double* greatest) {
    const Image<float> exact =
        AnalyticProjector(cells(volume), centre_sampling).line_integrals(view);
    for (const VolumeLayout layout : layouts)
        *greatest = std::max(
            *greatest,
            check_equal(SiddonProjector(volume, layout).line_integrals(view), exact, layout));
}

}  // namespace

// Any spacing, obliqueness, side and roll: against the chords of all voxels as solids.
BOOST_AUTO_TEST_CASE(random_volumes_equal_the_chords_of_their_voxels) {
    Rng rng = rng_of(1);
    double greatest = 0.0;
    for (int trial = 0; trial < 20; ++trial) {
        const Vector3d spacing(rng.uniform(2, 9), rng.uniform(2, 9), rng.uniform(2, 9));
        const MuVolume volume =
            moved(random_volume(rng, {5, 3, 4}, spacing), random_turn(rng, {20.0, -10.0, 5.0}));
        check_against_chords(volume, random_view(rng, 300, 500, 24, 20, 3.0), &greatest);
    }
    BOOST_TEST(greatest > 0.5);
}

// The source in some voxel, or the detector cutting through the volume, or both.
BOOST_AUTO_TEST_CASE(rays_may_start_and_end_inside) {
    Rng rng = rng_of(2);
    double greatest = 0.0;
    for (int trial = 0; trial < 20; ++trial) {
        const MuVolume volume = moved(random_volume(rng, {5, 6, 4}, {10, 8, 12}), random_turn(rng));
        const double back_mm = rng.uniform(-10, 15), sdd_mm = rng.uniform(8, 60);
        check_against_chords(volume, random_view(rng, back_mm, sdd_mm, 16, 16, 4.0), &greatest);
    }
    BOOST_TEST(greatest > 0.5);
}

// What a machine with fewer instructions runs.
BOOST_AUTO_TEST_CASE(every_instruction_set_gives_the_chords) {
    Rng rng = rng_of(9);
    const MuVolume volume = moved(random_volume(rng, {5, 3, 4}, {3, 5, 4}), random_turn(rng));
    double greatest = 0.0;
    with_every_instruction_set([&] {
        check_against_chords(volume, random_view(rng, 300, 500, 21, 20, 2.0), &greatest);
        check_against_chords(volume, random_view(rng, 3, 9, 21, 20, 2.0), &greatest);
    });
    BOOST_TEST(greatest > 0.5);
}

BOOST_AUTO_TEST_CASE(uniform_box_is_one_chord) {
    Rng rng = rng_of(3);
    for (int trial = 0; trial < 10; ++trial) {
        MuVolume volume = vacuum({40, 31, 22}, {1.3, 0.7, 2.1});
        std::fill(volume.mu_per_mm.begin(), volume.mu_per_mm.end(), 0.02F);
        const Rigid3 pose = random_turn(rng, {3.0, 4.0, -5.0});
        const XrayView view = random_view(rng, 200, 400, 32, 32, 3.0);
        const PlacedSolid box{
            {Box{Vector3d(40 * 1.3, 31 * 0.7, 22 * 2.1)}, pose}, static_cast<double>(0.02F), 1};
        const Image<float> exact = AnalyticProjector({box}, centre_sampling).line_integrals(view);
        for (const VolumeLayout layout : layouts)
            check_equal(SiddonProjector(moved(volume, pose), layout).line_integrals(view), exact,
                        layout);
    }
}

// Views from far and near, from the sides and between, of volumes larger than a tile is wide: what
// the march through slabs gives is what the walk from voxel to voxel gives.
BOOST_AUTO_TEST_CASE(layouts_agree_in_any_pose) {
    Rng rng = rng_of(10);
    int seen = 0;
    for (int trial = 0; trial < 40; ++trial) {
        const Vector3d spacing(rng.uniform(0.5, 2), rng.uniform(0.5, 2), rng.uniform(0.5, 3));
        const MuVolume volume =
            moved(random_volume(rng, {61, 50, 43}, spacing), random_turn(rng, {2.0, -3.0, 5.0}));
        const double pitch_mm = std::exp(rng.uniform(std::log(0.2), std::log(6.0)));
        const double back_mm = trial % 2 == 0 ? 200.0 : rng.uniform(-30, 60);
        const XrayView view =
            random_view(rng, back_mm, back_mm + rng.uniform(20, 150), 75, 90, pitch_mm);
        const Image<float> walked =
            SiddonProjector(volume, VolumeLayout::plain).line_integrals(view);
        if (largest(walked) == 0.0) continue;  // a source beside the volume may look past it
        ++seen;
        BOOST_TEST(check_equal(SiddonProjector(volume).line_integrals(view), walked,
                               VolumeLayout::lanes) > 0.1);
    }
    BOOST_TEST(seen > 30);
}

BOOST_AUTO_TEST_CASE(sixteen_bits_give_what_their_values_give) {
    Rng rng = rng_of(22);
    MuVolume16 volume{{{30, 20, 25}, {1, 2, 1.5}}, {}, 0.00002};
    MuVolume same{volume, {}};
    for (std::size_t n = 0; n < volume.voxel_count(); ++n) {
        volume.steps.push_back(static_cast<std::int16_t>(rng.uniform(0, 32767.5)));
        same.mu_per_mm.push_back(static_cast<float>(volume.mu_per_step * volume.steps[n]));
    }
    const XrayView view = random_view(rng, 300, 500, 70, 50, 1.0);
    for (const VolumeLayout layout : layouts) {
        const Image<float> expected = SiddonProjector(same, layout).line_integrals(view);
        const Image<float> image = SiddonProjector(volume, layout).line_integrals(view);
        BOOST_TEST(largest_difference(image, expected) <= march_rounding * largest(expected));
        BOOST_TEST(largest(image) > 1.0);
    }
}

// Vacuum around the object is clipped away; what is left must not change.
BOOST_AUTO_TEST_CASE(clipping_to_what_is_occupied_changes_nothing) {
    Rng rng = rng_of(4);
    MuVolume volume = vacuum({12, 12, 12}, {3, 3, 3});
    for (int k = 4; k < 7; ++k)
        for (int j = 2; j < 9; ++j)
            for (int i = 6; i < 8; ++i)
                volume.mu_per_mm[volume.offset(i, j, k)] = static_cast<float>(rng.uniform(0, 0.1));
    const VoxelBox box = occupied_box(volume);
    BOOST_TEST((box.first == Eigen::Array3i(6, 2, 4)).all());
    BOOST_TEST((box.last == Eigen::Array3i(8, 9, 7)).all());
    double greatest = 0.0;
    check_against_chords(volume, random_view(rng, 200, 300, 24, 24, 2.0), &greatest);
    BOOST_TEST(greatest > 0.1);
    const Image<float> none = SiddonProjector(vacuum({3, 3, 3}, {1, 1, 1}))
                                  .line_integrals(random_view(rng, 200, 300, 4, 4, 2.0));
    BOOST_TEST(largest(none) == 0.0);
}

BOOST_AUTO_TEST_CASE(a_ray_backwards_gives_the_same) {
    Rng rng = rng_of(5);
    const MuVolume volume = moved(random_volume(rng, {17, 20, 13}, {2, 3, 2.5}), random_turn(rng));
    BOOST_TEST(asymmetry(SiddonProjector(volume, VolumeLayout::plain), rng) < 2 * float_rounding);
    BOOST_TEST(asymmetry(SiddonProjector(volume), rng) < march_rounding);
}

// Along each axis, through centres and exactly through the faces between voxels.
BOOST_AUTO_TEST_CASE(rays_along_an_axis) {
    MuVolume volume = vacuum({4, 4, 4}, {1, 2, 3});
    for (int n = 0; n < 64; ++n)
        volume.mu_per_mm[static_cast<std::size_t>(n)] = static_cast<float>(n + 1);
    for (int axis = 0; axis < 3; ++axis) {
        const int b = (axis + 1) % 3, c = (axis + 2) % 3;
        Eigen::Matrix3d world_from_view = Eigen::Matrix3d::Zero();
        world_from_view(b, 0) = world_from_view(c, 1) = world_from_view(axis, 2) = 1.0;
        // The one ray goes through cell 2 of both other axes: at its centre, at its lower face.
        for (const double part : {0.5, 0.0}) {
            Vector3d source;
            source[axis] = -100.0;
            source[b] = part * volume.spacing_mm[b];
            source[c] = part * volume.spacing_mm[c];
            XrayView view = view_from(Rigid3(world_from_view, source), 200.0, 1, 1, 1.0);
            view.principal_point_px.setZero();
            double expected = 0.0;
            for (int n = 0; n < 4; ++n) {
                Eigen::Vector3i voxel;
                voxel[axis] = n;
                voxel[b] = voxel[c] = 2;
                expected += volume.spacing_mm[axis] *
                            static_cast<double>(volume.at(voxel[0], voxel[1], voxel[2]));
            }
            for (const VolumeLayout layout : layouts)
                BOOST_TEST(SiddonProjector(volume, layout).line_integrals(view)(0, 0) == expected,
                           boost::test_tools::tolerance(float_rounding));
        }
    }
}

BOOST_AUTO_TEST_CASE(mu_volume_is_the_rule_on_the_grid) {
    CtVolume ct{{{2, 1, 2}, {1, 2, 3}, {4, 5, 6}}, {}};
    ct.hu = {-1000.0F, 0.0F, 1000.0F, -2000.0F};
    const MuVolume volume = mu_volume(ct, water_rule(0.02));
    BOOST_TEST(volume.at(0, 0, 0) == 0.0F);
    BOOST_TEST(volume.at(1, 0, 0) == 0.02F);
    BOOST_TEST(volume.at(0, 0, 1) == 0.04F);
    BOOST_TEST(volume.at(1, 0, 1) == 0.0F);
    const Vector3d index(0.3, -0.4, 1.2);
    BOOST_TEST((volume.world_from_index(index) - ct.world_from_index(index)).norm() == 0.0);
}

BOOST_AUTO_TEST_CASE(whole_hounsfield_units_fit_sixteen_bits) {
    CtVolume ct{{{2, 1, 2}}, {-1000.0F, 0.0F, 1000.0F, 31767.0F}};
    const HuToMu rule = water_rule(0.02);
    const MuVolume exact = mu_volume(ct, rule);
    const MuVolume16 volume = mu_volume16(ct, rule);
    for (int n = 0; n < 4; ++n)
        BOOST_TEST(volume.at(n % 2, 0, n / 2) == exact.at(n % 2, 0, n / 2),
                   boost::test_tools::tolerance(1e-6F));
    ct.hu[3] = 31768.0F;
    BOOST_CHECK_THROW(static_cast<void>(mu_volume16(ct, rule)), Error);
    ct.hu[3] = 0.4F;
    BOOST_TEST(mu_volume16(ct, rule).steps[3] == 1000);
}
