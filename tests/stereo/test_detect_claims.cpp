#include "test.hpp"

#include <stereo/study/observed.hpp>

#include <cstdio>

using namespace stereo;

namespace {

// docs/validation.md says 0.97 to 1.02 of thirteen whole experiments. 10 % is what is promised.
constexpr double promise = 0.10;
// 1,000 coordinates know an RMS to 2.2 %, and those of one pose have walls in common.
constexpr double chance_of_four_poses = 0.08;

Localization of_bricks(std::uint64_t seed, int poses) {
    ExperimentSpec spec = default_experiment();
    spec.seed = seed;
    spec.poses.calibration = poses - 1;
    spec.poses.held_out = 1;
    return observe_images(spec).localization;
}

}  // namespace

// Beads among rendered LEGO bricks, as a calibration sees them: errors against the true projections
// in units of the standard deviations that detection claims.
BOOST_AUTO_TEST_CASE(claims_over_bricks_hold) {
    const int trials = static_cast<int>(test::trials(1));
    const int poses = trials == 1 ? 4 : 16;
    std::printf("claims seed beads RMS_px largest_px error/claimed\n");
    for (int trial = 0; trial < trials; ++trial) {
        const std::uint64_t seed = 301 + static_cast<std::uint64_t>(trial);
        const Localization found = of_bricks(seed, poses);
        std::printf("claims %d %zu %.4f %.3f %.3f\n", static_cast<int>(seed), found.count,
                    found.sigma_px, found.max_px, found.sigma_ratio);
        std::fflush(stdout);
        BOOST_TEST(found.count > 80U * static_cast<std::size_t>(poses));
        const double tolerance = promise + (poses == 4 ? chance_of_four_poses : 0.0);
        BOOST_TEST(std::abs(found.sigma_ratio - 1.0) < tolerance, "seed " << seed);
    }
}

// One bead of the third pose was off by 33 claimed standard deviations: its fit ended after steps
// that were not taken, and told of its noise by the residuals of one of them.
BOOST_AUTO_TEST_CASE(fits_tell_of_the_place_where_they_end) {
    BOOST_TEST(std::abs(of_bricks(302, 3).sigma_ratio - 1.0) < promise + chance_of_four_poses);
}
