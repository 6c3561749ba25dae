#pragma once

#include <stereo/calib/observations.hpp>

#include <filesystem>
#include <map>
#include <string>

namespace stereo {

/// Reads named beads, one a line, as `stereodrr validate` writes them: columns pose, view, bead,
/// x_px, y_px, sd_px and, at the end, flags; other columns are left alone. Lines without a bead are
/// beads that nobody named; those that are flagged overlapped, clipped or irregular may be off by
/// more than their noise. Both are left out. `marker_of_bead` gives a marker's index for the bead's
/// number or name in the file. The image size is left 0. Throws drr::Error(invalid_file) with file
/// and line, Error(io).
[[nodiscard]] Observations read_observations(const std::filesystem::path& path,
                                             const std::map<std::string, int>& marker_of_bead);

/// The same of beads that belong to no phantom: a marker for each name, in the order in which they
/// come, all at the origin.
[[nodiscard]] Observations read_observations(const std::filesystem::path& path);

}  // namespace stereo
