#include "wrist_data.hpp"

#include <algorithm>

using namespace stereo;

// All 17 beads are tracked over both poses, and each track is one bead, by name: the plain
// detector's, whose matches are the laboratory's. Where the calibration is off by most, a few
// sightings are not certain.
BOOST_AUTO_TEST_CASE(wrist_beads_that_are_matched_by_rigidity_are_right) {
    const auto beads = wrist::reference_beads();
    const auto frames = wrist::detections();
    const TrackResult result = track_beads(wrist::views(), frames);
    BOOST_TEST_MESSAGE(result.summary);
    BOOST_TEST(result.bodies.size() == 3U);
    BOOST_TEST(result.beads.size() == 17U);
    BOOST_TEST(result.certain + result.ambiguous == 68U);
    BOOST_TEST(result.certain >= 60U);
    constexpr double same_bead_px = 1.5;  // the detectors differ by 0.3 px; beads are 7 px wide
    for (const BeadTrack& track : result.beads) {
        std::string name;
        for (std::size_t pose = 0; pose < 2; ++pose)
            for (std::size_t view = 0; view < 2; ++view) {
                if (!track.samples[pose].seen(view)) continue;
                const Eigen::Vector2d seen =
                    frames[pose][view][track.samples[pose].detection[view]].pixel;
                const auto bead =
                    std::find_if(beads.begin(), beads.end(), [&](const wrist::Bead& one) {
                        return (one.pixel[pose][view] - seen).norm() < same_bead_px;
                    });
                BOOST_REQUIRE(bead != beads.end());
                if (name.empty()) name = bead->name;
                BOOST_TEST(bead->name == name);
            }
    }
}
