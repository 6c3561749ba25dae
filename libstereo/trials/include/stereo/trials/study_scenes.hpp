#pragma once

#include <stereo/trials/study.hpp>

#include <string>

namespace stereo {

/// The geometry of a study's conditions in the file's own seed, for pictures, as JSON (schema
/// stereodrr/study-scenes/v1). Coordinates are mm in the stereo axes (along the baseline, across
/// it, depth) with the phantom's first pose as origin: `views` with `source_mm` and
/// `detector_corners_mm`, `beads_mm` in the phantom as built, and `poses` as rows of [R | t] with
/// `held_out`. Conditions beyond the first `max_scenes` are left out.
[[nodiscard]] std::string study_scenes_json(const Study& study);

/// More make a page slow, and nobody looks at them one by one.
inline constexpr std::size_t max_scenes = 60;

/// The file in a study's folder that holds them.
inline constexpr const char* scenes_file = "scenes.json";

}  // namespace stereo
