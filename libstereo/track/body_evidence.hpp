#pragma once

#include "sequence.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace stereo {

/// What frames say of a body whose layout was not given, and of each of its beads. A point is a
/// bead seen in both views of a frame.
struct BodyEvidence {
    double frames = 0.0;  ///< that show the body
    double certain_sightings = 0.0;
    std::vector<double> points;          ///< of each bead
    std::vector<double> certain_points;  ///< of each bead: of these, with both names certain

    [[nodiscard]] bool supports_body() const;
    /// Whether most of its points are certain, as they have to be once all gates are narrow: what
    /// might as well be something else is an accident of false pairs.
    [[nodiscard]] bool is_certain() const;
    [[nodiscard]] bool supports_bead(std::size_t bead) const;
};

/// Part of the frames that show a body in which a bead has to be seen to be one of it.
inline constexpr double least_bead_share = 0.25;

[[nodiscard]] BodyEvidence body_evidence(const std::vector<std::optional<BodyInFrame>>& frames,
                                         std::size_t beads);

}  // namespace stereo
