#pragma once

#include <stereo/study/validation.hpp>

namespace stereo {

/// The true geometry of an experiment: views and poses drawn from its seed.
[[nodiscard]] Truth make_truth(const ExperimentSpec& spec);

/// What the procedure is told, with errors drawn from the experiment's seed.
[[nodiscard]] drr::StereoRigSpec make_nominal(const ExperimentSpec& spec);

/// The radiograph of the phantom at one pose in one view.
[[nodiscard]] drr::Image<std::uint16_t> render(const ExperimentSpec& spec, const Truth& truth,
                                               int pose, int view);

}  // namespace stereo
