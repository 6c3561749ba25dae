// Detection gives the same bytes whatever the number of threads, and does not allocate by the
// pixel.
#include "fine_balls.hpp"
#include "test.hpp"

#include <drr/core/parallel.hpp>
#include <stereo/detect/bead_detector.hpp>

#include <atomic>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool counts_allocations = false;  // sanitizers have an allocator of their own
std::atomic<long> allocations{0};
#else
constexpr bool counts_allocations = true;
std::atomic<long> allocations{0};

// glibc's own, which this program's calls to malloc reach through the counter.
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* malloc(std::size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    return __libc_malloc(size);
}
#endif

using namespace stereo;

namespace {

constexpr int pitch = 60;
constexpr double radius = 6.0;

/// `beads` x `beads` balls over bands as of bricks in a square of `side` pixels.
drr::Image<float> beads_over_bands(int side, int beads) {
    const test::FineBalls ball(18, 0.6, {{0, 0, radius, 3.0}});
    const drr::Image<double> shadow = ball.pixels(7, 12);
    drr::Image<double> clean(side, side, 1.0);
    for (int row = 0; row < side; ++row)
        for (int column = 0; column < side; ++column) {
            clean(column, row) = row % 42 < 6 || column % 42 < 6 ? 0.9 : 1.0;
            const int x = column % pitch - 10, y = row % pitch - 10;
            if (column / pitch < beads && row / pitch < beads && x >= 0 && y >= 0 &&
                x < shadow.width() && y < shadow.height())
                clean(column, row) *= shadow(x, y);
        }
    drr::Rng rng({.seed = 31, .purpose = drr::RngPurpose::test});
    return test::with_photons(clean, 5000.0, rng);
}

long allocations_of(const drr::Image<float>& image) {
    const drr::ThreadLimit one(1);
    const long before = allocations;
    (void)detect_beads(image, {.diameter_px = 2.0 * radius});
    return allocations - before;
}

}  // namespace

BOOST_AUTO_TEST_CASE(any_number_of_threads_gives_the_same_bytes) {
    const drr::Image<float> image = beads_over_bands(300, 5);
    for (const double told : {2.0 * radius, 0.0}) {
        std::vector<BeadDetectorResult> results;
        for (const int threads : {1, 2, 3}) {
            const drr::ThreadLimit limit(threads);
            results.push_back(detect_beads(image, {.diameter_px = told}));
        }
        BOOST_REQUIRE(results[0].beads.size() == 25U);
        for (const BeadDetectorResult& other : {results[1], results[2]}) {
            BOOST_TEST(other.summary == results[0].summary);
            BOOST_REQUIRE(other.beads.size() == results[0].beads.size());
            for (std::size_t i = 0; i < other.beads.size(); ++i) {
                const BeadDetection& a = results[0].beads[i];
                const BeadDetection& b = other.beads[i];
                // Bit by bit: no tolerance.
                BOOST_TEST((a.center_px == b.center_px));
                BOOST_TEST((a.covariance_px2 == b.covariance_px2));
                BOOST_TEST((a.radius_px == b.radius_px && a.contrast == b.contrast &&
                            a.relative_residual == b.relative_residual && a.flags == b.flags));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(allocations_go_with_beads_not_with_pixels) {
    if (!counts_allocations) return;
    constexpr int few = 3, many = 5;
    const long small = allocations_of(beads_over_bands(300, few));
    const long large = allocations_of(beads_over_bands(1200, few));
    const long beads = allocations_of(beads_over_bands(1200, many));
    BOOST_TEST_MESSAGE(small << " in 300 x 300, " << large << " in 1200 x 1200, " << beads
                             << " with 25 beads instead of 9");
    // 1.35 million pixels more, and no more allocations than one for each row and scale.
    BOOST_TEST(std::abs(large - small) < 900);
    // A bead is fitted two or three times; each fit has a few dozen matrices.
    BOOST_TEST(beads - large < 1000 * (many * many - few * few));
}
