#include "identify_oracle.hpp"
#include "test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <numbers>
#include <numeric>

using namespace test;

// Random cases of each phantom: many against the aim (slow; where it is not reached,
// docs/identification.md says), a few against what is reached (property). The lines printed are
// the rows of its tables, and what they add up to.

namespace {

const int cases = test::trials(10);
constexpr int many_cases = 100;
// The many are none that anything was developed on.
const std::uint64_t first_seed = cases >= many_cases ? 300'000 : 0;

enum class Verdict {
    right,        ///< certain, no wrong name, at least 90 % of the unambiguous blobs named
    undecidable,  ///< not right, and no method could be: the oracle says so
    incomplete,   ///< certain, no wrong name, but fewer blobs named
    refused,      ///< not certain
    wrong,        ///< certain, with a wrong name
};

Verdict verdict_on(const IdentifyCase& c, const stereo::IdentifyResult& result,
                   const CaseScore& score) {
    if (result.ok && score.wrong > 0) return Verdict::wrong;
    if (result.ok && 10 * score.unambiguous_named >= 9 * score.unambiguous) return Verdict::right;
    if (!ask_oracle(c).decidable(c.options)) return Verdict::undecidable;
    return result.ok ? Verdict::incomplete : Verdict::refused;
}

// The sums of all rows printed, at the end.
class Totals {
  public:
    Totals() = default;
    Totals(const Totals&) = delete;
    Totals& operator=(const Totals&) = delete;
    ~Totals() {
        const int all = std::accumulate(count_.begin(), count_.end(), 0);
        if (all == 0) return;
        const int decidable = all - count_[1];
        fmt::print(
            "of {} cases {} right, {} undecidable, {} incomplete, {} refused, {} wrong: {:.1f} % "
            "of what is decidable is right\n",
            all, count_[0], count_[1], count_[2], count_[3], count_[4],
            100.0 * count_[0] / std::max(decidable, 1));
    }
    void add(const std::array<int, 5>& count) {
        for (std::size_t i = 0; i < count.size(); ++i)
            count_[i] += count[i];
    }

  private:
    std::array<int, 5> count_{};
};
Totals totals;

// The part of the cases that may be refused without excuse, or named in part.
constexpr double aim = 0.005;
constexpr double of_few = 0.2;  // two of ten: one is what chance makes of 5 %

// Of the names that certain poses give. A name may be a false blob's with a probability that it
// tells; that it is another marker's is bounded by 1e-4 (max_other_marker_error).
struct NamesGiven {
    int other_markers = 0;
    int false_blobs = 0;
    double claimed = 0.0;

    void add(const CaseScore& score) {
        other_markers += score.other_markers;
        false_blobs += score.wrong - score.other_markers + score.stand_ins;
        claimed += score.claimed;
    }
    void require_honest(const std::string& phantom) const {
        BOOST_TEST(other_markers == 0, phantom << ": " << other_markers << " wrong identities");
        BOOST_TEST(false_blobs <= claimed + 4.0 * std::sqrt(claimed) + 1.0,
                   phantom << ": " << false_blobs << " names of false blobs, " << claimed
                           << " by their errors");
    }
};

// Prints one line a number of views, and requires what identification promises.
void report(const IdentifyPhantom& phantom, CaseSettings settings = {}) {
    for (const int views : {1, 2}) {
        settings.views = views;
        std::array<int, 5> count{};
        int stand_ins = 0;
        NamesGiven names;
        double seconds = 0.0;
        for (int i = 0; i < cases; ++i) {
            const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
            const IdentifyCase c = make_case(phantom, seed, settings);
            const std::clock_t start = std::clock();
            const auto result = stereo::identify_markers(c.blobs, c.design, c.nominal, c.options);
            seconds += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / views;
            const CaseScore score = score_case(c, result);
            const Verdict verdict = verdict_on(c, result, score);
            ++count[static_cast<std::size_t>(verdict)];
            if (score.stand_ins > 0) ++stand_ins;
            if (result.ok) names.add(score);
            if (verdict != Verdict::right && verdict != Verdict::undecidable)
                BOOST_TEST_MESSAGE(
                    fmt::format("{}, {} views, seed {}: {} of {} names wrong, {} of {} given; {}",
                                phantom.name, views, seed, score.wrong, score.named,
                                score.unambiguous_named, score.unambiguous, result.summary));
        }
        fmt::print("| {}{} | {} | {} | {} | {} | {} | {} | {} | {} | {:.3f} |\n", phantom.name,
                   settings.missing > 0.0 ? "" : ", none missing", views, cases, count[0], count[1],
                   count[2], count[3], count[4], stand_ins, seconds / cases);
        std::fflush(stdout);
        totals.add(count);
        BOOST_TEST(count[4] == 0, phantom.name << ": " << count[4] << " certain but wrong");
        names.require_honest(phantom.name);
        const double allowed = cases >= many_cases ? aim : of_few;
        BOOST_TEST(count[2] + count[3] <= allowed * cases,
                   phantom.name << ": " << count[2] + count[3] << " not right");
    }
}

struct StackCount {
    int right = 0;
    int wrong = 0;
    NamesGiven names;
};

// Adds the poses of a stack, decided in groups of `together`.
void count_stack(const IdentifyPhantom& phantom, const IdentifyCase& stack, std::size_t poses,
                 std::size_t together, std::uint64_t seed, StackCount& count) {
    const std::size_t views = stack.nominal.size();
    const std::span<const stereo::ViewBlobs> blobs(stack.blobs);
    for (std::size_t first = 0; first < poses; first += together) {
        const auto results = stereo::identify_poses(blobs.subspan(first * views, together * views),
                                                    stack.design, stack.nominal, stack.options);
        for (std::size_t p = 0; p < together; ++p) {
            if (!results[p].ok) continue;
            const CaseScore score = score_case(pose_of(stack, first + p), results[p]);
            count.names.add(score);
            if (score.wrong > 0) {
                ++count.wrong;
                BOOST_TEST_MESSAGE(
                    fmt::format("{}, {} views, stack {}, pose {} of {}: {} of {} names wrong; {}",
                                phantom.name, views, seed, first + p, together, score.wrong,
                                score.named, results[p].summary));
            } else if (10 * score.unambiguous_named >= 9 * score.unambiguous) {
                ++count.right;
            }
        }
    }
}

// Stacks of poses before one rig: the poses that are right alone and with others.
void report_stacks(const IdentifyPhantom& phantom, CaseSettings settings = {}) {
    constexpr std::size_t poses = 12;
    constexpr std::size_t groups[] = {1, 6, 12};
    for (const int views : {1, 2}) {
        settings.views = views;
        const int stacks = std::max(1, cases / 10);
        std::array<StackCount, 3> counts;
        const std::clock_t start = std::clock();
        for (int i = 0; i < stacks; ++i) {
            const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
            const IdentifyCase stack = make_case(phantom, seed, settings, poses);
            for (std::size_t g = 0; g < counts.size(); ++g)
                count_stack(phantom, stack, poses, groups[g], seed, counts[g]);
        }
        const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        fmt::print("| {}{} | {} | {} x {} | {} | {} | {} | {} | {:.3f} |\n", phantom.name,
                   settings.missing > 0.0 ? "" : ", none missing", views, stacks, poses,
                   counts[0].right, counts[1].right, counts[2].right,
                   counts[0].wrong + counts[1].wrong + counts[2].wrong,
                   seconds / (stacks * static_cast<int>(poses * counts.size()) * views));
        std::fflush(stdout);
        for (const StackCount& count : counts)
            count.names.require_honest(phantom.name);
        BOOST_TEST(counts[2].right >= counts[0].right, phantom.name << ": a stack knows less");
    }
}

IdentifyPhantom file(const std::string& name) {
    return read_identify_phantom(phantoms() / (name + ".yaml"));
}

}  // namespace

// Each is named wrongly, and certain, where pairs and triples of blobs are not weighed: a false
// blob makes four of the three beads that a view shows.
BOOST_AUTO_TEST_CASE(a_view_of_three_beads_is_not_given_a_fourth) {
    for (const std::uint64_t seed : {20'176, 20'761, 20'880, 20'954, 21'147}) {
        const IdentifyCase c = make_case(file("bead_cluster_a"), seed, {.views = 2});
        BOOST_TEST(*std::min_element(c.beads_seen.begin(), c.beads_seen.end()) <= 3);
        const auto result = stereo::identify_markers(c.blobs, c.design, c.nominal, c.options);
        BOOST_TEST(!result.ok, "seed " << seed << ": " << result.summary);
    }
}

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
    report(file("beginner_block"));
}
BOOST_AUTO_TEST_CASE(rsa_cage) {
    report(file("rsa_cage"));
}
BOOST_AUTO_TEST_CASE(ring_helix_cylinder) {
    report(file("ring_helix_cylinder"));
}
BOOST_AUTO_TEST_CASE(bead_cluster_a) {
    report(file("bead_cluster_a"));
    report(file("bead_cluster_a"), {.missing = 0.0});
}
BOOST_AUTO_TEST_CASE(bead_cluster_b) {
    report(file("bead_cluster_b"));
    report(file("bead_cluster_b"), {.missing = 0.0});
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
    if (cases >= many_cases) {
        report_stacks(file("large_lego_cube"));
        report_stacks(without_references(file("small_lego_cube")));
    }
    report_stacks(file("beginner_block"));
}
BOOST_AUTO_TEST_CASE(stacks_of_a_cluster) {
    report_stacks(file("bead_cluster_a"));
    report_stacks(file("bead_cluster_a"), {.missing = 0.0});
}
