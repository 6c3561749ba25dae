#pragma once

#include <drr/geometry/stereo_rig.hpp>
#include <stereo/track/track_beads.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace test {

struct BeadSequenceOptions {
    std::size_t bodies = 2;
    std::size_t beads = 6;  ///< a body
    std::size_t frames = 30;
    double missing = 0.0;     ///< share of beads that a view does not detect
    double false_rate = 0.0;  ///< false detections a view, as a share of the beads
    double noise_px = 0.1;    ///< standard deviation of one coordinate
    double gap_mm = 40.0;     ///< between the bodies' middles
    double stereo_angle_rad = 1.0;
    std::uint64_t seed = 1;
};

/// Clusters of beads in random places of balls of 12 mm radius that turn and drift along smooth
/// random paths, as two views of a biplane unit detect them, in random order; false detections lie
/// anywhere among the beads' shadows.
struct BeadSequence {
    std::array<drr::CalibratedView, 2> views;
    std::vector<std::vector<Eigen::Vector3d>> layouts;  ///< [body][bead], in the body
    std::vector<std::vector<drr::Rigid3>> poses;        ///< [body][frame], world from body
    std::vector<stereo::FrameDetections> frames;
    /// [frame][view][detection]: body * beads + bead, or -1.
    std::vector<std::array<std::vector<int>, 2>> truth;
};

[[nodiscard]] BeadSequence bead_sequence(const BeadSequenceOptions& options);

/// How tracks compare with the truth.
struct TrackScore {
    std::size_t detected = 0;  ///< detections that are beads
    std::size_t right = 0;     ///< certain sightings of the bead that most of a track's are
    std::size_t wrong = 0;     ///< certain sightings of another bead, or of none
    std::size_t ambiguous = 0;
    std::size_t beads = 0;           ///< tracks
    std::size_t poses = 0;           ///< body frames that were placed
    std::vector<double> point_chi2;  ///< squared error of 3D points in their covariance
    std::vector<double> point_error_mm;
};

[[nodiscard]] TrackScore score(const BeadSequence& sequence, const stereo::TrackResult& result);

}  // namespace test
