#pragma once

#include "view_search.hpp"

#include <vector>

namespace stereo {

/// One naming for each view of a pose.
struct JointNaming {
    std::vector<const Naming*> of_view;
    /// Of the blobs of all views, without how the views stand to each other.
    double log_likelihood = 0.0;
    /// For each view but the first: how it is turned against the first more than nominally, a
    /// rotation vector in its frame, and the covariance that the two fits give it.
    std::vector<Eigen::Vector3d> turn_rad;
    std::vector<Eigen::Matrix3d> turn_covariance;
};

/// All combinations of the views' namings that may matter.
[[nodiscard]] std::vector<JointNaming> join_views(std::span<const ViewSearch> searches,
                                                  std::span<const NominalView> nominal,
                                                  const IdentifyOptions& options);

/// Covariance of how a view may be turned against the first one more than nominally: the nominal
/// angle between them times its error, and the mounting of detectors.
[[nodiscard]] Eigen::Matrix3d nominal_turn_covariance(const NominalView& first,
                                                      const NominalView& view,
                                                      const IdentifyOptions& options);

/// log of a normal density.
[[nodiscard]] double log_normal(const Eigen::Vector3d& offset, const Eigen::Matrix3d& covariance);

/// log-likelihood of a joint naming with the views turned against each other as nominal.
[[nodiscard]] double log_posterior(const JointNaming& naming, std::span<const NominalView> nominal,
                                   const IdentifyOptions& options);

/// The answer for one pose from the weights of its joint namings (logarithms, up to a constant).
[[nodiscard]] IdentifyResult decide(std::span<const ViewProblem> views,
                                    const std::vector<JointNaming>& namings,
                                    const std::vector<double>& log_weights,
                                    const IdentifyOptions& options);

}  // namespace stereo
