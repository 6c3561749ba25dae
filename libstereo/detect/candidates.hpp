#pragma once

#include <drr/core/image.hpp>

#include <Eigen/Core>

#include <vector>

namespace stereo {

/// A place where a bead may be.
struct BeadCandidate {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    double radius_px = 0.0;  ///< of the scale that responds most
    double contrast = 0.0;   ///< centre against ring, a lower estimate of the shadow's depth
    double response = 0.0;
};

struct CandidateOptions {
    double radius_px = 0.0;
    double radius_factor = 1.6;
    double min_contrast = 0.05;
    double min_significance = 5.0;
};

struct CandidateResult {
    std::vector<BeadCandidate> candidates;  ///< strongest first
    int extrema = 0;                        ///< local maxima above the threshold
    int one_sided = 0;                      ///< those dropped as edges, or too faint
    int repeated = 0;                       ///< those dropped as seen at another scale
};

/// Local maxima of the background-normalized difference of Gaussians 1 - G(r/2) / G(r), over three
/// radii; `image` holds grey values over black. Maxima that are not darker than a ring around them
/// in most directions are dropped.
[[nodiscard]] CandidateResult find_candidates(const drr::Image<float>& image,
                                              const CandidateOptions& options);

}  // namespace stereo
