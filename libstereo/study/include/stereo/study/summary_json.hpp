#pragma once

#include <stereo/study/validation.hpp>

#include <string>

namespace stereo {

/// All figures of a result as JSON (schema stereodrr/summary/v1) for other programs: the full
/// configuration, what the procedure was told, the truth, what was found, its errors and what was
/// predicted for them. Each number has its unit in its name; a number that does not exist (NaN) is
/// null, and what a failed procedure did not reach is left empty. Markers are named by their id in
/// the phantom. Same result, same bytes.
[[nodiscard]] std::string summary_json(const ValidationResult& result);

}  // namespace stereo
