#include "identify_cases.hpp"
#include "test.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <numbers>

using namespace test;

// Random cases of each phantom: many against the aim (slow; where it is not reached,
// docs/identification.md says), a few against what is reached (property).

namespace {

const int cases = test::trials(10);
constexpr int many_cases = 100;

// The part of the cases that may be refused without excuse, or named in part.
struct NotRight {
    double one_view = 0.2;  // two of ten: one is what chance makes of 5 %
    double two_views = 0.2;
};

constexpr double aim = 0.005;

// Prints one line a number of views, and requires what identification promises.
void report(const IdentifyPhantom& phantom, CaseSettings settings = {}, NotRight reached = {}) {
    for (const int views : {1, 2}) {
        settings.views = views;
        std::array<int, 5> count{};
        int stand_ins = 0;
        double seconds = 0.0;
        for (int seed = 0; seed < cases; ++seed) {
            const IdentifyCase c = make_case(phantom, static_cast<std::uint64_t>(seed), settings);
            const std::clock_t start = std::clock();
            const auto result = stereo::identify_markers(c.blobs, c.design, c.nominal, c.options);
            seconds += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / views;
            const CaseScore score = score_case(c, result);
            ++count[static_cast<std::size_t>(score.verdict)];
            if (score.stand_ins > 0) ++stand_ins;
            if (score.verdict == Verdict::wrong || score.verdict == Verdict::refused)
                BOOST_TEST_MESSAGE(fmt::format(
                    "{}, {} views, seed {}: {} of {} names wrong, margin {}; {}", phantom.name,
                    views, seed, score.wrong, score.named, score.margin, result.summary));
        }
        fmt::print("| {}{} | {} | {} | {} | {} | {} | {} | {} | {} | {:.3f} |\n", phantom.name,
                   settings.radii ? ", sizes known" : "", views, cases, count[0], count[1],
                   count[2], count[3], count[4], stand_ins, seconds / cases);
        std::fflush(stdout);
        BOOST_TEST(count[4] == 0, phantom.name << ": " << count[4] << " certain but wrong");
        const double allowed = cases >= many_cases ? aim
                               : views == 1        ? reached.one_view
                                                   : reached.two_views;
        BOOST_TEST(count[2] + count[3] <= allowed * cases,
                   phantom.name << ": " << count[2] + count[3] << " not right");
    }
}

// Stacks of poses before one rig: how many of the poses are certain, each alone and together.
void report_stacks(const IdentifyPhantom& phantom, CaseSettings settings = {}) {
    constexpr int poses = 8;
    for (const int views : {1, 2}) {
        settings.views = views;
        const int stacks = std::max(1, cases / 10);
        std::array<int, 5> alone{};
        std::array<int, 5> together{};
        double seconds = 0.0;
        for (int seed = 0; seed < stacks; ++seed) {
            const IdentifyCase c =
                make_case(phantom, static_cast<std::uint64_t>(seed), settings, poses);
            const std::clock_t start = std::clock();
            stereo::IdentifyOptions options = c.options;
            options.learn_from_certain_poses = true;
            const auto results = stereo::identify_poses(c.blobs, c.design, c.nominal, options);
            seconds += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / views / poses;
            for (std::size_t p = 0; p < poses; ++p) {
                const IdentifyCase pose = pose_of(c, p);
                const auto one =
                    stereo::identify_markers(pose.blobs, pose.design, pose.nominal, pose.options);
                ++alone[static_cast<std::size_t>(score_case(pose, one).verdict)];
                const CaseScore score = score_case(pose, results[p]);
                ++together[static_cast<std::size_t>(score.verdict)];
                if (score.verdict == Verdict::wrong)
                    BOOST_TEST_MESSAGE(fmt::format(
                        "{}, {} views, stack {}, pose {}: {} of {} names wrong, margin {}; {}",
                        phantom.name, views, seed, p, score.wrong, score.named, score.margin,
                        results[p].summary));
            }
        }
        fmt::print("| {} | {} | {} x {} | {} | {} | {} | {} | {} | {} | {} | {:.3f} |\n",
                   phantom.name, views, stacks, poses, alone[0], alone[2], alone[4], together[0],
                   together[2], together[1] + together[3], together[4], seconds / stacks);
        std::fflush(stdout);
        BOOST_TEST(together[4] == 0, phantom.name << ": " << together[4] << " certain but wrong");
    }
}

IdentifyPhantom file(const std::string& name) {
    return read_identify_phantom(phantoms() / (name + ".yaml"));
}

}  // namespace

BOOST_AUTO_TEST_CASE(small_lego_cube) {
    report(file("small_lego_cube"));
}
BOOST_AUTO_TEST_CASE(large_lego_cube) {
    report(file("large_lego_cube"));
}
BOOST_AUTO_TEST_CASE(cube_without_references) {
    report(without_references(file("small_lego_cube")));
}
BOOST_AUTO_TEST_CASE(beginner_block) {
    // 11 beads, of which a view shows about 8: often chance could give as much.
    report(file("beginner_block"), {}, {.one_view = 0.5});
}
BOOST_AUTO_TEST_CASE(rsa_cage) {
    // One view of two planes of beads leaves the nearest shifts of both apart by few blobs.
    report(file("rsa_cage"), {}, {.one_view = 0.4, .two_views = 0.4});
}
BOOST_AUTO_TEST_CASE(ring_helix_cylinder) {
    report(file("ring_helix_cylinder"));
}
BOOST_AUTO_TEST_CASE(bead_cluster_a) {
    // Few beads: one view leaves hardly two blobs between the truth and its rivals.
    report(file("bead_cluster_a"), {}, {.one_view = 0.5});
    // Six points hold the seven parameters of a view's fit so loosely that single names are
    // withheld.
    report(file("bead_cluster_a"), {.missing = 0.0}, {.one_view = 1.0, .two_views = 1.0});
}
BOOST_AUTO_TEST_CASE(bead_cluster_b) {
    // Few beads: one view leaves hardly two blobs between the truth and its rivals.
    report(file("bead_cluster_b"), {}, {.one_view = 0.5});
    // Six points hold the seven parameters of a view's fit so loosely that single names are
    // withheld.
    report(file("bead_cluster_b"), {.missing = 0.0}, {.one_view = 1.0, .two_views = 1.0});
}
BOOST_AUTO_TEST_CASE(random_64) {
    report(random_layout(64, {130.0, 130.0, 130.0}, 11));
}
BOOST_AUTO_TEST_CASE(random_20) {
    report(random_layout(20, {100.0, 80.0, 60.0}, 12));
}
BOOST_AUTO_TEST_CASE(plate_of_30) {
    report(random_layout(30, {120.0, 100.0, 0.0}, 13));
}
BOOST_AUTO_TEST_CASE(stacks_of_poses) {
    report_stacks(file("small_lego_cube"));
    report_stacks(file("beginner_block"));
    report_stacks(file("bead_cluster_a"));
    report_stacks(file("bead_cluster_b"));
}
