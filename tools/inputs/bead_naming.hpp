#pragma once

#include "outputs/detect_report.hpp"

#include <drr/core/log.hpp>
#include <stereo/study/laboratory.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace tools {

/// A phantom and what is known of the views without a calibration.
struct KnownPhantom {
    stereo::LaboratoryKnowledge laboratory;
    std::vector<std::string> names;  ///< of MarkerConstellation::all_mm()
};

/// Reads both files. Throws drr::Error(invalid_file) for a phantom of fewer than six beads, which
/// no view can be identified or calibrated by.
[[nodiscard]] KnownPhantom read_known_phantom(const std::filesystem::path& phantom,
                                              const std::filesystem::path& rig);

/// Names the beads of all frames, which are poses of one phantom before one rig: fills `markers`
/// and `identity` of the images. A frame's images stand next to each other, view by view; one of
/// them that could not be read leaves its frame out. `views`: the images of a frame.
void name_beads(const KnownPhantom& known, std::vector<ImageOutcome>& images, std::size_t views,
                const drr::ProgressSink& progress);

}  // namespace tools
