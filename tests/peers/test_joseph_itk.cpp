// The Joseph projector against ITK's ray caster, an implementation of the same method.
#include "ct_scenes.hpp"
#include "test.hpp"

#include <drr/projector/itk_ray_cast.hpp>
#include <drr/projector/joseph.hpp>
#include <drr/projector/siddon.hpp>

using namespace drr;
using namespace test;

namespace {

/// mu = 1 / mm at 0 HU.
const HuToMu unit_mu = water_rule(1.0);

/// Random voxels within a ball, air around it: nothing near the borders, where ITK cuts rays at
/// voxel centres.
CtVolume speckled_ball(Rng& rng, const Rigid3& pose) {
    CtVolume volume{{{48, 40, 36}, {1.5, 1.8, 2.1}, {0, 0, 0}, pose.matrix()}, {}};
    volume.origin_mm.setZero();
    volume.origin_mm = pose.translation_mm - volume.centre_in_world_mm();
    volume.hu.assign(volume.voxel_count(), -1000.0F);
    for (int k = 0; k < 36; ++k)
        for (int j = 0; j < 40; ++j)
            for (int i = 0; i < 48; ++i)
                if ((volume.world_from_index(Vector3d(i, j, k)) - pose.translation_mm).norm() < 28)
                    volume.at(i, j, k) = static_cast<float>(rng.uniform(-900, 1500));
    return volume;
}

}  // namespace

// Random voxels are the worst case for interpolation. Both round to float; seen is 1e-7.
BOOST_AUTO_TEST_CASE(joseph_equals_itk_away_from_borders) {
    Rng rng = rng_of(31);
    for (int trial = 0; trial < 6; ++trial) {
        const CtVolume ct = speckled_ball(rng, random_turn(rng, {5.0, -8.0, 11.0}));
        const XrayView view = random_view(rng, 400, 600, 90, 80, 1.2);
        const Image<float> itk = ItkRayCastProjector(ct, unit_mu).line_integrals(view);
        const Image<float> joseph = JosephProjector(mu_volume(ct, unit_mu)).line_integrals(view);
        const Image<float> siddon = SiddonProjector(mu_volume(ct, unit_mu)).line_integrals(view);
        BOOST_TEST_MESSAGE("relative rms to ITK: joseph " << relative_rms(joseph, itk)
                                                          << ", siddon "
                                                          << relative_rms(siddon, itk));
        BOOST_TEST(largest(itk) > 40.0);
        BOOST_TEST(relative_rms(joseph, itk) < 1e-6);
        // Cells instead of interpolation, of noise at that: alike, not equal.
        BOOST_TEST(relative_rms(siddon, itk) < 0.1);
    }
}
