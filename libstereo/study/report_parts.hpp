#pragma once

#include <stereo/study/validation.hpp>

#include <string>

/// The parts of the report page, each finished markup; empty where a failed result has nothing to
/// show. View 0 and view 1 have the same two colours (classes v0, v1) in all figures.
namespace stereo {

/// The two radiographs of the first pose with detections, identities and epipolar lines. The
/// images have the ids "radiograph-0" and "radiograph-1" for others to reuse.
[[nodiscard]] std::string radiograph_figures(const ValidationResult& result);

/// Calibration residuals: scatter for each view, histogram, and vectors over the detectors.
[[nodiscard]] std::string residual_figures(const ValidationResult& result);

/// Distances of matched beads from their epipolar lines.
[[nodiscard]] std::string epipolar_figure(const ValidationResult& result);

/// Held-out errors, depth against lateral, with the predicted 95 % ellipses.
[[nodiscard]] std::string held_out_figures(const ValidationResult& result);

/// Sources, detectors, beads and rays, from above and from the side.
[[nodiscard]] std::string rig_figures(const ValidationResult& result);

[[nodiscard]] std::string configuration_table(const ValidationResult& result);
[[nodiscard]] std::string identification_table(const ValidationResult& result);
[[nodiscard]] std::string localization_table(const ValidationResult& result);
[[nodiscard]] std::string calibration_table(const ValidationResult& result);
[[nodiscard]] std::string epipolar_table(const ValidationResult& result);
[[nodiscard]] std::string held_out_table(const ValidationResult& result);
[[nodiscard]] std::string distance_table(const ValidationResult& result);

/// The id that a marker bears in the phantom's file; `marker` counts beads, then references.
[[nodiscard]] std::string marker_label(const drr::MarkerPhantom& phantom, int marker);

/// Errors of calibrated quantities in units of their claimed standard deviations.
[[nodiscard]] std::vector<double> standardized_errors(const ValidationResult& result);

/// An error of more standard deviations than this is marked; 1 in 370 by chance.
inline constexpr double marked_sigmas = 3.0;

/// Semi-axes in standard deviations of the ellipse that holds 95 % of a plane Gaussian:
/// sqrt(-2 ln 0.05).
inline constexpr double ellipse_95 = 2.4477;

}  // namespace stereo
