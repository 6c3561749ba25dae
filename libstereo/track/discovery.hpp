#pragma once

#include "body_pose.hpp"
#include "rigid_matches.hpp"

#include <span>
#include <string>
#include <vector>

namespace stereo {

/// A rigid body with beads.
struct Body {
    std::string name;
    std::vector<std::string> bead_names;  ///< empty where the layout was not given
    std::vector<BodyBead> beads;

    [[nodiscard]] bool known() const { return !bead_names.empty(); }
    /// The beads as points that exclude nothing.
    [[nodiscard]] std::vector<SpacePoint> points() const;
};

/// Bodies that show themselves by rigid motion in the candidate points of frames, the best
/// supported first. Sets of candidates that one motion carries from one frame to another (of at
/// most 16 frames, the fullest of as many stretches) are tried on all of these frames. A set is cut
/// where frames show the rest of it moving on its own. Their origins are the beads' centroids,
/// their axes those of the world in the frame where they are complete.
[[nodiscard]] std::vector<Body> discover_bodies(std::vector<std::vector<SpacePoint>> points,
                                                const TrackOptions& options);

}  // namespace stereo
