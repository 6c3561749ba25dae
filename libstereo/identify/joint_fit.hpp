#pragma once

#include <drr/geometry/pinhole.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace stereo {

/// How several views stand to the first one, and by what the logarithm of their true focal lengths
/// exceeds that of the nominal ones.
struct ViewRelations {
    std::vector<drr::Rigid3> view_from_first;  ///< identity for the first
    std::vector<double> log_focal;

    /// log_focal of the first view, then turn, shift (mm) and log_focal of each further one.
    [[nodiscard]] Eigen::Index parameter_count() const {
        return 7 * static_cast<Eigen::Index>(log_focal.size()) - 6;
    }
};

/// What is known of them beside the images: a normal distribution of how far they are off. Turns
/// are rotation vectors in the view's frame, view_from_first <- exp(turn) view_from_first + shift.
struct RigKnowledge {
    ViewRelations mean;
    Eigen::MatrixXd
        information;            ///< inverse covariance of the parameters; 0 where nothing is known
    bool shifts_known = false;  ///< whether a pose in one view gives that in the others

    /// Of a view against the first.
    [[nodiscard]] Eigen::Matrix3d turn_covariance(std::size_t view) const;
};

/// Where a marker is, in the phantom's frame.
struct MarkerPlace {
    Eigen::Vector3d mean_mm;
    Eigen::Matrix3d covariance_mm2;
};

/// A marker's blob in one view of one pose.
struct Sighting {
    std::size_t marker = 0;
    std::size_t pose = 0;
    std::size_t view = 0;
    std::size_t blob = 0;
    Eigen::Vector2d pixel;
    double sd_px = 0.0;  ///< of the blob's centre, along each axis
};

/// Where a marker is seen, and what that depends on.
struct MarkerImage {
    Eigen::Vector2d pixel;
    Eigen::Matrix<double, 2, 3> px_per_mm;              ///< in the marker's place
    Eigen::Matrix<double, 2, Eigen::Dynamic> jacobian;  ///< in the fit's parameters
};

/// The image of a place, mm in the phantom's frame, in a view of a pose; none behind the source.
[[nodiscard]] std::optional<MarkerImage> image_of(const Eigen::Vector3d& place_mm,
                                                  const ViewRelations& relations,
                                                  std::span<const drr::Rigid3> first_from_phantom,
                                                  const drr::Pinhole& nominal, std::size_t pose,
                                                  std::size_t view);

/// The sightings of one marker in a fit. Rows: u and v of each.
struct MarkerBlock {
    std::vector<Sighting> sightings;
    Eigen::VectorXd residual_px;  ///< seen minus predicted
    Eigen::MatrixXd jacobian;     ///< of the prediction, in the fit's parameters
    Eigen::MatrixXd px_per_mm;    ///< of the prediction, in the marker's place
    Eigen::MatrixXd covariance;   ///< px^2, of the marker's place and the blobs
};

struct JointFit {
    ViewRelations relations;
    std::vector<drr::Rigid3> first_from_phantom;  ///< per pose
    /// Of the relations' parameters, then rotation vector and translation of each pose, in the
    /// first view's frame.
    Eigen::MatrixXd covariance;
    std::vector<MarkerBlock> blocks;
    /// Of the sightings, with places, poses and relations integrated out about the best ones
    /// (Laplace); up to a constant that depends on the numbers of views and poses only.
    double log_likelihood = 0.0;
};

/// The most probable poses of one phantom before the same views, and the views' relations, from
/// sightings of its markers. A marker's place is off by the same in all its images: it is
/// integrated out, which gives its sightings a common covariance. Gauss-Newton with damping from
/// `start` and `first_from_phantom`.
[[nodiscard]] JointFit fit_jointly(std::span<const Sighting> sightings,
                                   std::span<const MarkerPlace> places,
                                   std::span<const drr::Pinhole> nominal,
                                   const RigKnowledge& knowledge, const ViewRelations& start,
                                   const std::vector<drr::Rigid3>& first_from_phantom);

/// A fit without some of its sightings.
struct ReducedFit {
    Eigen::VectorXd shift;  ///< of the parameters
    Eigen::MatrixXd covariance;
};

/// What a fit of this covariance is without the sightings that have these residuals, derivatives in
/// its parameters, and covariance of their own (deletion formulas of least squares; Belsley, Kuh &
/// Welsch 1980, section 2.1).
[[nodiscard]] ReducedFit fit_without(const Eigen::MatrixXd& fit_covariance,
                                     const Eigen::VectorXd& residual_px,
                                     const Eigen::MatrixXd& jacobian,
                                     const Eigen::MatrixXd& covariance);

/// A marker's place after a fit, given the sightings in its block.
[[nodiscard]] MarkerPlace place_after(const JointFit& fit, const MarkerBlock& block,
                                      const MarkerPlace& before);

}  // namespace stereo
