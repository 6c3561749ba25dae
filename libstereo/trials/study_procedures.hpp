#pragma once

#include <stereo/trials/study.hpp>

namespace stereo {

/// Reads the key `procedures` of a study: a list of mappings. Without it the bundle alone.
[[nodiscard]] std::vector<StudyProcedure> read_study_procedures(const drr::YamlMap& study,
                                                                TrialLevel level);

/// Throws drr::Error(usage) where a procedure's options do not go with a phantom.
void check_procedures(const std::vector<StudyProcedure>& procedures,
                      const drr::MarkerPhantom& phantom);

}  // namespace stereo
