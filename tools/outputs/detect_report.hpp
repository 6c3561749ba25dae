#pragma once

#include <stereo/detect/bead_detector.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tools {

/// What became of one image.
struct ImageOutcome {
    std::string image;
    int view = 0;
    int frame = 0;
    std::string error;      ///< why it could not be read; the rest is empty then
    std::string objection;  ///< what speaks against it being a radiograph of beads
    std::optional<stereo::BeadDetectorResult> result;
    std::vector<std::string> markers;  ///< of the beads; empty where nobody asked for names
    std::string identity;              ///< what identification says of its frame
    double time_ms = 0.0;
};

/// Why an image has no beads, in one line.
[[nodiscard]] std::string reason_for_none(const ImageOutcome& outcome);

/// A line for each image: what was found and what was refused and why.
[[nodiscard]] std::string outcome_table(const std::vector<ImageOutcome>& outcomes);

/// The same and each bead, for programs.
[[nodiscard]] nlohmann::ordered_json outcome_json(const std::vector<ImageOutcome>& outcomes);

}  // namespace tools
