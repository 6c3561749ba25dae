#include "ct_scenes.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/projector/ct_path_lengths.hpp>
#include <drr/projector/joseph.hpp>

#include <cmath>

using namespace drr;
using namespace test;

namespace {

/// A box of voxels of `hu` in air, centred on the world's origin.
CtVolume block(const std::array<int, 3>& sizes, const Vector3d& spacing_mm, int air, float hu) {
    CtVolume volume;
    static_cast<VolumeGrid&>(volume) = vacuum(sizes, spacing_mm);
    volume.hu.assign(vacuum(sizes, spacing_mm).mu_per_mm.size(), -1000.0F);
    for (int k = air; k < sizes[2] - air; ++k)
        for (int j = air; j < sizes[1] - air; ++j)
            for (int i = air; i < sizes[0] - air; ++i)
                volume.at(i, j, k) = hu;
    return volume;
}

}  // namespace

// At the energy of the scan it matters not what voxels are taken for.
BOOST_AUTO_TEST_CASE(tissue_and_bone_attenuate_as_the_water_rule_at_the_energy_of_the_scan) {
    Rng rng = rng_of(3);
    CtVolume volume = block({20, 18, 16}, {2.0, 2.2, 2.5}, 2, 0.0F);
    for (float& hu : volume.hu)
        if (hu > -1000.0F) hu = static_cast<float>(rng.uniform(-200.0, 1500.0));
    const CtMaterials materials{.tissue = "soft_tissue", .bone_hu = 300.0, .scan_kev = 65.0};
    const XrayView view = random_view(rng, 500.0, 800.0, 60, 50, 1.5);
    const PathLengths lengths = CtPathLengths(volume, materials)(view);
    BOOST_REQUIRE(lengths.materials.size() == 2U);
    BOOST_TEST(largest(lengths.mean_mm[0]) > 5.0);
    BOOST_TEST(largest(lengths.mean_mm[1]) > 5.0);
    const Image<float> expected =
        JosephProjector(mu_volume(volume, water_rule(attenuation_per_mm("water", 65.0))))
            .line_integrals(view);
    BOOST_TEST(largest_difference(line_integrals(lengths, 65.0), expected) <
               2e-6 * largest(expected));  // sums in float
    // Bone hardens the other way: at 30 keV it attenuates more than the same HU of water.
    const PathLengths water = CtPathLengths(volume)(view);
    BOOST_TEST(largest(line_integrals(lengths, 30.0)) > 1.2 * largest(line_integrals(water, 30.0)));
}

// A box of water as voxels with a bead before it, against both as solids, where rays run through
// the box's inside: at its edges voxels are blurred.
BOOST_AUTO_TEST_CASE(a_scan_and_solids_add_up_to_the_scene_of_solids) {
    const CtVolume water = block({44, 44, 44}, {1.0, 1.0, 1.0}, 2, 0.0F);
    XrayView view;
    view.view_from_world = {Eigen::Quaterniond::Identity(), {0, 0, 900}};
    view.sdd_mm = 1200.0;
    view.pixel_pitch_mm = {0.5, 0.5};
    view.width_px = view.height_px = 81;
    view.principal_point_px = view.middle_px();
    const std::vector<SolidPart> bead{
        {"bead", {Sphere{1.5875}, {Eigen::Quaterniond::Identity(), {4, -3, -40}}}, "steel"}};
    std::vector<SolidPart> both = bead;
    both.push_back({"water", {Box{{40, 40, 40}}, {}}, "water"});
    PathLengths sum = CtPathLengths(water)(view);
    add(sum, path_lengths(bead, view));
    BOOST_TEST(!sum.sampled.empty());
    const Image<float> found = line_integrals(sum, 60.0);
    const Image<float> expected = line_integrals(path_lengths(both, view), 60.0);
    // Rays that leave the box through its far or near face only: Joseph is exact there.
    for (int v = 0; v < 81; ++v)
        for (int u = 0; u < 81; ++u) {
            if (std::max(std::abs(u - 40), std::abs(v - 40)) * 0.5 > 1.3 * 18.0) continue;
            BOOST_TEST(std::abs(found(u, v) - expected(u, v)) < 5e-6 * expected(u, v));
        }
}

BOOST_AUTO_TEST_CASE(wrong_materials_of_a_scan_are_refused) {
    const CtVolume volume = block({4, 4, 4}, {1, 1, 1}, 1, 0.0F);
    const auto refused = [&](const CtMaterials& materials) {
        BOOST_CHECK_THROW(CtPathLengths(volume, materials), Error);
    };
    refused({.tissue = "cheese"});
    refused({.tissue = "water", .bone = "cheese"});
    refused({.scan_kev = 1.0});
    refused({.tissue = "water", .bone = "water", .bone_hu = 200.0});
    refused({.bone_hu = std::nan("")});
}
