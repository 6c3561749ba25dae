#pragma once

#include <stereo/calib/observations.hpp>

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace stereo {

/// Reads named beads, one a line, as `stereodrr detect` and `validate` write them: columns pose,
/// view, bead, x_px, y_px, sd_px and, at the end, flags; other columns are left alone. Lines
/// without a bead are beads that nobody named; those that are flagged overlapped, clipped or
/// irregular may be off by more than their noise. Both are left out. `marker_of_bead` gives a
/// marker's index for the bead's number or name in the file. The image size is left 0. Throws
/// drr::Error(invalid_file) with file and line, Error(io).
[[nodiscard]] Observations read_observations(const std::filesystem::path& path,
                                             const std::map<std::string, int>& marker_of_bead);

/// Beads that belong to no phantom: a marker for each name, in the order in which they come, all at
/// the origin.
struct NamedObservations {
    Observations observations;
    std::vector<std::string> names;  ///< of the markers
};
[[nodiscard]] NamedObservations read_observations(const std::filesystem::path& path);

/// A bead of one image, as the file holds it.
struct ObservedBead {
    int pose = 0;
    int view = 0;
    std::string bead;  ///< number or name; empty where nobody named it
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    double sd_px = 0.0;  ///< of one coordinate
    std::string flags = "ok";
};

/// The text of such a file. Throws drr::Error(usage) for a comma or line break in a name.
[[nodiscard]] std::string observations_csv(std::span<const ObservedBead> beads);

}  // namespace stereo
