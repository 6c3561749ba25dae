// What holds for every projector of voxel volumes.

#include "ct_scenes.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/order_statistics.hpp>
#include <drr/core/parallel.hpp>
#include <drr/projector/joseph.hpp>
#include <drr/projector/siddon.hpp>
#include <drr/projector/trilinear.hpp>

#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

using namespace drr;
using namespace test;

namespace {

using Projectors = std::tuple<JosephProjector, SiddonProjector, TrilinearProjector>;

// Of the largest value. Positions are floats, of up to 16 voxels in Siddon's lanes, where that
// matters to rays that leave a voxel at a small angle.
template <class Projector>
constexpr double rounding = 3e-6;
template <>
constexpr double rounding<SiddonProjector> = 2e-5;

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_slab_has_its_mass, Projector, Projectors) {
    Rng rng = rng_of(48);
    BOOST_TEST(slab_mass_in_image<Projector>(rng) == 1.0, boost::test_tools::tolerance(3e-6));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(turning_volume_and_view_together_changes_nothing, Projector,
                              Projectors) {
    Rng rng = rng_of(50);
    const MuVolume volume = uneven_volume(50, {61, 50, 43});
    const XrayView view = random_view(rng, 300, 500, 60, 50, 1.5);
    const Rigid3 turn = random_turn(rng, {12.0, -40.0, 7.0});
    const Image<float> before = Projector(volume).line_integrals(view);
    const Image<float> after = Projector(moved(volume, turn)).line_integrals(moved(view, turn));
    BOOST_TEST(largest_difference(before, after) < rounding<Projector> * largest(before));
    BOOST_TEST(largest(before) > 0.5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bytes_with_one_thread, Projector, Projectors) {
    const Projector projector(uneven_volume(51, {61, 50, 43}));
    Rng rng = rng_of(51);
    const XrayView view = random_view(rng, 300, 500, 150, 140, 0.5);
    const Image<float> many = projector.line_integrals(view);
    const ThreadLimit one(1);
    BOOST_TEST((projector.line_integrals(view) == many));
}

// All see the same object: where voxels hardly differ they agree to the square of the voxel size.
// Interpolation blurs by 1/6 voxel^2 beside (12 voxels)^2, Siddon's steps by half of that: a
// thousandth. Where rays run along rows of voxels his steps do not average out: up to 1.2 voxels /
// sqrt(12) across, beside slopes of 1/12 a voxel.
BOOST_AUTO_TEST_CASE(all_agree_on_what_is_smooth) {
    MuVolume volume = vacuum({80, 70, 60}, {1.0, 1.0, 1.2});
    for (int k = 0; k < 60; ++k)
        for (int j = 0; j < 70; ++j)
            for (int i = 0; i < 80; ++i) {
                const Vector3d at = volume.world_from_index(Vector3d(i, j, k)) / 12.0;
                volume.mu_per_mm[volume.offset(i, j, k)] =
                    static_cast<float>(0.02 * std::exp(-0.5 * at.squaredNorm()));
            }
    const double along_rows = 1.2 / 12.0 / std::sqrt(12.0);
    std::vector<double> siddon;
    Rng rng = rng_of(49);
    for (int n = 0; n < 12; ++n) {
        const XrayView view = random_view(rng, 700, 1020, 80, 80, 1.5);
        const Image<float> joseph = JosephProjector(volume).line_integrals(view);
        BOOST_TEST(relative_rms(TrilinearProjector(volume).line_integrals(view), joseph) < 2e-3);
        siddon.push_back(relative_rms(SiddonProjector(volume).line_integrals(view), joseph));
        BOOST_TEST(siddon.back() < along_rows);
    }
    BOOST_TEST(median(siddon) < 1e-3);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(bad_volumes_are_refused, Projector, Projectors) {
    MuVolume volume = vacuum({2, 2, 2}, {1, 1, 1});
    volume.mu_per_mm[3] = std::numeric_limits<float>::quiet_NaN();
    BOOST_CHECK_THROW(Projector{volume}, Error);
    volume.mu_per_mm[3] = -0.1F;
    BOOST_CHECK_THROW(Projector{volume}, Error);
    volume.mu_per_mm[3] = 0.0F;
    volume.sizes[0] = 3;
    BOOST_CHECK_THROW(Projector{volume}, Error);
}
