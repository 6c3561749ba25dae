#pragma once

#include <stereo/calib/undistortion_choice.hpp>

#include <string>
#include <vector>

namespace tools {

/// The models that a command-line argument names: auto (the usual ones), none, brown_conrady:N,
/// polynomial:N, thin_plate:SMOOTHING or local_weighted_mean:N. Throws drr::Error(usage).
[[nodiscard]] std::vector<stereo::UndistortionModel> undistortion_models(const std::string& text);

/// A line a candidate, the best one marked, with a head.
[[nodiscard]] std::string candidates_table(const stereo::UndistortionChoice& choice);

}  // namespace tools
