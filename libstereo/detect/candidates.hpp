#pragma once

#include "irradiated_field.hpp"
#include "scale_space.hpp"

#include <stereo/detect/bead_options.hpp>

#include <Eigen/Core>

#include <vector>

namespace stereo {

/// A place where a bead may be, in full pixels.
struct BeadCandidate {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    double radius_px = 0.0;  ///< of the scale that responds most
    double contrast = 0.0;   ///< centre against ring, a lower estimate of the shadow's depth
    double response = 0.0;   ///< local contrast at the scale
    std::size_t scale = 0;   ///< index into ScaleSpace::scales
};

struct CandidateOptions {
    double min_contrast = 0.05;
    double min_significance = 5.0;
    /// Of the scales at which a spot peaks the one of the largest response counts, or for sizes far
    /// apart that of the largest difference of the Gaussians over the grey of the ring: the local
    /// contrast of an opaque bead is largest at half its size.
    bool far_apart_sizes = false;
    CandidateSearchOptions search;
};

struct CandidateResult {
    std::vector<BeadCandidate> candidates;  ///< strongest first
    int extrema = 0;                        ///< local maxima above the threshold in the field
    std::vector<BeadCandidate> one_sided;   ///< those dropped as edges, or too faint
    std::vector<BeadCandidate> repeated;    ///< those dropped as seen at another scale
};

/// Local maxima of the contrast at each scale, inside the field. Those that are not darker than a
/// ring around them in most directions are dropped.
[[nodiscard]] CandidateResult find_candidates(const ScaleSpace& space, const IrradiatedField& field,
                                              const CandidateOptions& options);

}  // namespace stereo
