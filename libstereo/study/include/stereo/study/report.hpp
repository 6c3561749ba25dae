#pragma once

#include <stereo/study/validation.hpp>

#include <string>

namespace stereo {

/// A result as one self-contained HTML page that opens offline, without scripts: the verdict, the
/// radiographs of the first pose with detections and epipolar lines, residuals, errors of the
/// held-out beads against their prediction, a picture of the rig, and the tables. A failed
/// procedure gives a page that says so and shows what there is. Same result, same bytes.
[[nodiscard]] std::string report_html(const ValidationResult& result);

}  // namespace stereo
