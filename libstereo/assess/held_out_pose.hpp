#pragma once

#include <stereo/assess/cross_validation.hpp>

#include <optional>

namespace stereo {

/// Observations of one pose, judged by a calibration that did not see it. `start` is about where
/// the phantom stands in the calibration's world; none where the pose cannot be fitted: fewer
/// measured numbers than 7, or a bead behind a source.
[[nodiscard]] std::optional<HeldOutPose> judge_held_out(const Calibration& calibration,
                                                        const std::vector<Observation>& items,
                                                        const drr::Rigid3& start, NoiseScale noise);

}  // namespace stereo
