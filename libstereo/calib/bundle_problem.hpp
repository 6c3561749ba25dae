#pragma once

#include "normal_equations.hpp"

namespace stereo {

/// What a bundle minimizes, and where it stands.
struct BundleProblem {
    const Observations& observations;
    const CalibrationOptions& options;
    BundleLayout layout;
    BundleState state;
    std::vector<bool> pose_known;
    std::vector<bool> used;  ///< one per observation

    void linearize(const BundleState& at, const std::vector<ImageObservations>& images,
                   NormalEquations& equations) const;
    /// Measured less projected, of each observation.
    [[nodiscard]] std::vector<Eigen::Vector2d> residuals_px() const;

    struct Minimum {
        bool converged = false;
        int iterations = 0;
    };
    /// Levenberg-Marquardt from `state` to the minimum.
    Minimum minimize();

    /// Decides anew which observations of known poses lie within the noise; true if that changed.
    bool reject_outliers();
};

}  // namespace stereo
