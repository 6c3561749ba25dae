#include "identify_cases.hpp"
#include "test.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

using namespace test;

// Single names: all that the images hold are given, and each is wrong as often as its error says.

namespace {

const int cases = test::trials(20);
// The many are none that anything was developed on.
const std::uint64_t first_seed = cases >= 100 ? 400'000 : 500'000;

IdentifyPhantom file(const std::string& name) {
    return read_identify_phantom(phantoms() / (name + ".yaml"));
}

IdentifyPhantom random_20() {
    return random_layout(20, {100.0, 80.0, 60.0}, 12);
}

struct Bin {
    double below = 1.0;  // of the claimed errors
    int names = 0;
    double claimed = 0.0;
    int wrong = 0;
};

class Calibration {
  public:
    // A name is wrong that is given to a false blob, wherever it lies, to another marker's, or to
    // one of two markers.
    void add(const IdentifyCase& c, const stereo::IdentifyResult& result) {
        for (std::size_t v = 0; v < c.truth.size(); ++v)
            for (std::size_t blob = 0; blob < c.truth[v].size(); ++blob) {
                const int name = result.views[v].marker_of_blob[blob];
                if (name < 0) continue;
                const double error = result.views[v].name_error_of_blob[blob];
                const auto bin = std::find_if(bins_.begin(), bins_.end() - 1,
                                              [&](const Bin& b) { return error < b.below; });
                ++bin->names;
                bin->claimed += error;
                if (c.truth[v][blob] != std::vector<int>{name}) ++bin->wrong;
            }
    }

    void report(const std::string& name) const {
        for (const Bin& bin : bins_) {
            fmt::print("| {} | {} | {} | {:.2f} | {} |\n", name, bin.below, bin.names, bin.claimed,
                       bin.wrong);
            // Wrong names come alone: a count within four of its standard deviations, and three.
            BOOST_TEST(std::abs(bin.wrong - bin.claimed) <= 4.0 * std::sqrt(bin.claimed) + 3.0,
                       name << ": " << bin.wrong << " names wrong, " << bin.claimed
                            << " expected, of errors below " << bin.below);
        }
        std::fflush(stdout);
    }

  private:
    std::array<Bin, 6> bins_{Bin{0.001}, Bin{0.003}, Bin{0.01}, Bin{0.03}, Bin{0.1}, Bin{1.0}};
};

void report_calibration(const IdentifyPhantom& phantom, int views) {
    Calibration calibration;
    for (int i = 0; i < cases; ++i) {
        IdentifyCase c =
            make_case(phantom, first_seed + static_cast<std::uint64_t>(i), {.views = views});
        c.options.max_name_error = 0.999;  // all names are given
        const auto result = stereo::identify_markers(c.blobs, c.design, c.nominal, c.options);
        if (result.ok) calibration.add(c, result);
    }
    calibration.report(fmt::format("{}, {} view{}", phantom.name, views, views == 1 ? "" : "s"));
}

void require_most_names(const IdentifyPhantom& phantom, int views,
                        const std::vector<std::uint64_t>& seeds) {
    for (const std::uint64_t seed : seeds) {
        const IdentifyCase c = make_case(phantom, seed, {.views = views});
        const auto result = stereo::identify_markers(c.blobs, c.design, c.nominal, c.options);
        const CaseScore score = score_case(c, result);
        BOOST_TEST(score.wrong == 0, "seed " << seed);
        BOOST_TEST(10 * score.unambiguous_named >= 9 * score.unambiguous,
                   "seed " << seed << ": " << score.unambiguous_named << " of " << score.unambiguous
                           << " named; " << result.summary);
    }
}

}  // namespace

// The poses first found are bent by false names, and a dozen of nats or more below the right ones.
BOOST_AUTO_TEST_CASE(a_pose_bent_by_false_names_is_mended) {
    require_most_names(random_20(), 1, {500'006});
    require_most_names(random_20(), 2, {500'124});
    require_most_names(file("beginner_block"), 2, {500'376, 500'685, 500'756});
}

// Five beads in one of the views: the other view says how they are turned.
BOOST_AUTO_TEST_CASE(a_view_of_few_beads_is_named_with_the_other) {
    require_most_names(file("bead_cluster_a"), 2, {500'476, 500'589, 500'835});
    require_most_names(file("beginner_block"), 2, {500'087, 500'724});
}

// Refused or left without names where rivals counted twice, false blobs were as dense for some
// namings as for none, or a marker near by was taken for one that may be merged.
BOOST_AUTO_TEST_CASE(namings_are_weighed_alike) {
    require_most_names(file("beginner_block"), 2, {500'062, 500'166, 500'560, 500'800});
    require_most_names(random_20(), 1, {500'362, 500'935});
    require_most_names(random_20(), 2, {500'077, 500'324});
}

BOOST_AUTO_TEST_CASE(names_are_wrong_as_often_as_they_say) {
    report_calibration(file("beginner_block"), 1);
    report_calibration(file("beginner_block"), 2);
    report_calibration(random_20(), 1);
    report_calibration(random_20(), 2);
    report_calibration(random_layout(30, {120.0, 100.0, 0.0}, 13), 1);
}
