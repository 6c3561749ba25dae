#pragma once

#include "bundle_state.hpp"

#include <Eigen/Core>

#include <span>
#include <vector>

namespace stereo {

/// The normal equations N step = -gradient of a bundle, whose matrix is an arrow: a dense block of
/// the common parameters, a 6x6 block for each free pose, and what couples each pose to the common
/// ones. Poses do not share residuals.
struct NormalEquations {
    using Matrix6 = Eigen::Matrix<double, 6, 6>;
    using Vector6 = Eigen::Matrix<double, 6, 1>;
    using PoseCoupling = Eigen::Matrix<double, Eigen::Dynamic, 6>;  ///< one row a common one

    Eigen::MatrixXd common;
    std::vector<PoseCoupling> coupling;
    std::vector<Matrix6> pose;
    Eigen::VectorXd common_gradient;
    std::vector<Vector6> pose_gradient;
    double cost = 0.0;  ///< sum of the losses
    bool valid = true;  ///< false: a marker came behind a source

    void reset(const BundleLayout& layout);

    /// The step for a diagonal that is larger by the share `damping`, by the Schur complement over
    /// the poses; empty where the matrix is singular.
    [[nodiscard]] Eigen::VectorXd step(double damping) const;
    [[nodiscard]] Eigen::VectorXd gradient() const;
    [[nodiscard]] Eigen::MatrixXd matrix() const;
};

/// The observations of one pose in one view.
struct ImageObservations {
    int pose = 0;
    int view = 0;
    std::vector<std::size_t> items;
};
[[nodiscard]] std::vector<ImageObservations> by_image(const Observations& observations,
                                                      const std::vector<bool>& used);

struct MarkerRows;

/// Adds what one image says; `rows` is room for its markers'.
void add_image(const Observations& observations, const ImageObservations& image,
               const BundleState& state, const BundleLayout& layout,
               const CalibrationOptions& options, MarkerRows& rows, NormalEquations& equations);

/// Adds what is known beside the images: priors and measured distances (prior_terms.cpp). The prior
/// of refined markers is their gauge as well: it holds their frame to the design as far as it holds
/// them.
void add_priors(const Observations& observations, const BundleState& state,
                const BundleLayout& layout, const CalibrationPriors& priors,
                NormalEquations& equations);

/// How many numbers the priors measure; the spin of a straight wand, which is held, counts.
[[nodiscard]] int prior_count(const BundleLayout& layout, const CalibrationPriors& priors);

}  // namespace stereo
