#pragma once

#include <stereo/study/observed.hpp>
#include <stereo/trials/center_noise.hpp>

namespace stereo {

/// The experiment at the level of points: the true projections of the beads of the phantom as
/// built, plus Gaussian noise of CenterNoise's standard deviation on each coordinate, keyed by the
/// experiment's seed, pose and view. What a laboratory could not use is left out as in radiographs:
/// beads whose shadow the border cuts, and those that touch the shadow of another bead or
/// reference. Nothing is misnamed and no detector errs.
[[nodiscard]] ObservedExperiment observe_points(const ExperimentSpec& spec,
                                                const CenterNoise& noise);

}  // namespace stereo
