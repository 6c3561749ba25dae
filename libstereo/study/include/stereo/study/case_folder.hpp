#pragma once

#include <stereo/study/validation.hpp>

#include <filesystem>

namespace stereo {

/// The image file of one pose and view inside a case folder, e.g. "images/pose03_view1.png".
[[nodiscard]] std::string case_image_name(int pose, int view);

/// Writes what another program needs to calibrate from the same experiment, and what it may be
/// scored with, into `folder`: nominal.json (what was told), phantom.csv (the design, XMALab's
/// frame specification), observations.csv (measured beads with their names), truth.json, and
/// experiment.yaml with its phantom. The images are written beside them as they are rendered
/// (case_image_name). Throws drr::Error(io).
void write_case_folder(const std::filesystem::path& folder, const ValidationResult& result);

/// Writes what a calibration procedure is given, and nothing else: nominal.json, phantom.csv and
/// observations.csv (columns pose, view, bead, x_px, y_px, sd_px, flags) of the calibration poses.
/// Radiographs, where there are any, are written beside them (case_image_name). Throws
/// drr::Error(io).
void write_procedure_case(const std::filesystem::path& folder, const ExperimentSpec& spec,
                          const Observations& observations);

}  // namespace stereo
