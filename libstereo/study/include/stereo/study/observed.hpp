#pragma once

#include <drr/core/image.hpp>
#include <stereo/calib/observations.hpp>
#include <stereo/study/truth.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace stereo {

/// How far measured centres lie from the true projections.
struct Localization {
    std::size_t count = 0;
    Eigen::Vector2d bias_px = Eigen::Vector2d::Zero();
    double sigma_px = 0.0;  ///< root mean square error of one coordinate
    double max_px = 0.0;    ///< largest length of an error
    /// Root mean square error of one coordinate in units of the measurement's own standard
    /// deviations: 1 when its error bars hold.
    double sigma_ratio = 0.0;
};

/// An experiment up to its named beads, whether they were found in radiographs or drawn about their
/// true projections: what a procedure is given, and the truth to score it with.
struct ObservedExperiment {
    Truth truth;
    Observations calibration;   ///< of the calibration poses
    Observations held_out;      ///< of the held-out poses, which count from 0 here
    Localization localization;  ///< of both
};

/// Over both parts of an experiment.
[[nodiscard]] Localization localization_of(const ObservedExperiment& observed,
                                           const ExperimentSpec& spec);

/// Z^2 delta_d / (B f) at the isocentre: the depth that a disparity off by its noise,
/// sqrt(2) Localization::sigma_px, stands for.
[[nodiscard]] double expected_depth_resolution_mm(const ExperimentSpec& spec, const Truth& truth,
                                                  const Localization& localization);

/// Told of each radiograph as it is taken, from any thread.
using RadiographSink =
    std::function<void(int pose, int view, const drr::Image<std::uint16_t>& image)>;

/// The experiment in radiographs: rendered, beads detected and named, as validate_experiment()
/// does.
[[nodiscard]] ObservedExperiment observe_images(const ExperimentSpec& spec,
                                                const RadiographSink& image = {});

}  // namespace stereo
