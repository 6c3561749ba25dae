#include <stereo/calib/uncertainty.hpp>
#include <stereo/recon/rigid_fit.hpp>
#include <stereo/recon/triangulate.hpp>
#include <stereo/study/held_out.hpp>

#include <Eigen/Cholesky>

#include <cmath>
#include <limits>

namespace stereo {
namespace {

// Chi-square of three degrees of freedom below which 95 % lie.
constexpr double chi_square_95 = 7.814728;

/// First-order errors of all reconstructed points: a calibration's, which they share, and their
/// own.
struct PointSpread {
    Eigen::MatrixXd by_parameters;  // 3 rows a point, in the stereo axes
    Eigen::MatrixXd parameters;     // covariance, for the noise that the calibration claims
    std::vector<Eigen::Matrix3d> of_pixels_mm2;  // for the standard deviations as observed
};

PointSpread spread_of(const Calibration& calibration, const std::vector<BeadMatch>& matches,
                      const std::vector<Triangulation>& points, const Eigen::Matrix3d& axes) {
    PointSpread spread;
    for (std::size_t i = 0; i < matches.size(); ++i) {
        const Eigen::MatrixXd derivatives =
            point_derivatives(calibration, points[i].point_in_world_mm, matches[i].sd_px);
        if (i == 0)
            spread.by_parameters.resize(static_cast<Eigen::Index>(3 * matches.size()),
                                        derivatives.cols());
        spread.by_parameters.middleRows<3>(static_cast<Eigen::Index>(3 * i)) = axes * derivatives;
        spread.of_pixels_mm2.push_back(axes * points[i].covariance_mm2 * axes.transpose());
    }
    const Eigen::Index count = spread.by_parameters.cols();
    spread.parameters = calibration.covariance.topLeftCorner(count, count);
    return spread;
}

PointErrors errors_of_variances(const Eigen::VectorXd& variances) {
    PointErrors errors;
    errors.count = static_cast<std::size_t>(variances.size() / 3);
    for (Eigen::Index axis = 0; axis < 3; ++axis)
        errors.rms_mm[axis] =
            std::sqrt(Eigen::VectorXd(variances(Eigen::seq(axis, Eigen::last, 3))).mean());
    errors.precision_mm = errors.rms_mm;
    return errors;
}

// Variances of J x for the covariance of x.
Eigen::VectorXd variances(const Eigen::MatrixXd& jacobian, const Eigen::MatrixXd& covariance) {
    return (jacobian * covariance).cwiseProduct(jacobian).rowwise().sum();
}

// How a rigid motion of all points moves them: point p by t + w x p.
Eigen::MatrixXd motion_of(const std::vector<HeldOutPoint>& points, const Eigen::Matrix3d& axes) {
    Eigen::Vector3d centroid = Eigen::Vector3d::Zero();
    for (const auto& point : points)
        centroid += axes * point.true_mm / static_cast<double>(points.size());
    Eigen::MatrixXd motion(static_cast<Eigen::Index>(3 * points.size()), 6);
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto at = static_cast<Eigen::Index>(3 * i);
        motion.block<3, 3>(at, 0).setIdentity();
        motion.block<3, 3>(at, 3) = -drr::cross_matrix(axes * points[i].true_mm - centroid);
    }
    return motion;
}

void predict(const PointSpread& spread, const NoiseRatios& noise, const Eigen::Matrix3d& axes,
             HeldOutScore& score) {
    const double of_pixels = noise.real * noise.real;
    const Eigen::MatrixXd parameters =
        of_pixels / (noise.claimed * noise.claimed) * spread.parameters;
    const auto rows = spread.by_parameters.rows();
    Eigen::VectorXd absolute = variances(spread.by_parameters, parameters);
    Eigen::MatrixXd pixels_times_motion(rows, 6);
    const Eigen::MatrixXd motion = motion_of(score.points, axes);
    for (std::size_t i = 0; i < score.points.size(); ++i) {
        const auto at = static_cast<Eigen::Index>(3 * i);
        const Eigen::Matrix3d own = of_pixels * spread.of_pixels_mm2[i];
        absolute.segment<3>(at) += own.diagonal();
        pixels_times_motion.middleRows<3>(at) = own * motion.middleRows<3>(at);
    }
    score.predicted_absolute = errors_of_variances(absolute);
    // Alignment takes away the part of the errors that a motion explains: e - G (G^T G)^-1 G^T e.
    const Eigen::MatrixXd fit = (motion.transpose() * motion).ldlt().solve(motion.transpose());
    const Eigen::MatrixXd by_parameters =
        spread.by_parameters - motion * (fit * spread.by_parameters);
    const Eigen::MatrixXd crossed = pixels_times_motion * (motion.transpose() * motion).inverse();
    const Eigen::MatrixXd of_motion = fit * crossed;
    Eigen::VectorXd aligned = variances(by_parameters, parameters);
    for (std::size_t i = 0; i < score.points.size(); ++i) {
        const auto at = static_cast<Eigen::Index>(3 * i);
        aligned.segment<3>(at) += of_pixels * spread.of_pixels_mm2[i].diagonal();
    }
    aligned -= 2.0 * crossed.cwiseProduct(motion).rowwise().sum();
    aligned += (motion * of_motion).cwiseProduct(motion).rowwise().sum();
    score.predicted_aligned = errors_of_variances(aligned);
}

double coverage_95(const PointSpread& spread, double claimed_noise, const Eigen::Matrix3d& axes,
                   const std::vector<HeldOutPoint>& points) {
    std::size_t within = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto of_point = spread.by_parameters.middleRows<3>(static_cast<Eigen::Index>(3 * i));
        const Eigen::Matrix3d claimed = of_point * spread.parameters * of_point.transpose() +
                                        claimed_noise * claimed_noise * spread.of_pixels_mm2[i];
        const Eigen::Vector3d error = axes * (points[i].found_mm - points[i].true_mm);
        within += error.dot(claimed.ldlt().solve(error)) <= chi_square_95 ? 1 : 0;
    }
    return static_cast<double>(within) / static_cast<double>(points.size());
}

/// A set of points about its centroid, beside the true one.
struct Extent {
    double scale = 1.0;  ///< aligned over true
    double spread_rms_mm = 0.0;
};

Extent extent_of(const std::vector<HeldOutPoint>& points) {
    const auto count = static_cast<double>(points.size());
    Eigen::Vector3d found = Eigen::Vector3d::Zero();
    Eigen::Vector3d real = Eigen::Vector3d::Zero();
    for (const auto& point : points) {
        found += point.aligned_mm / count;
        real += point.true_mm / count;
    }
    double crossed = 0.0;
    double squares = 0.0;
    for (const auto& point : points) {
        crossed += (point.aligned_mm - found).dot(point.true_mm - real);
        squares += (point.true_mm - real).squaredNorm();
    }
    return {crossed / squares, std::sqrt(squares / count)};
}

}  // namespace

std::vector<BeadMatch> bead_matches(const Observations& observations) {
    const std::size_t markers = observations.markers_in_phantom_mm.size();
    std::vector<std::array<const Observation*, 2>> seen(
        static_cast<std::size_t>(observations.pose_count) * markers);
    for (const auto& item : observations.items)
        seen[static_cast<std::size_t>(item.pose) * markers + static_cast<std::size_t>(item.marker)]
            [static_cast<std::size_t>(item.view)] = &item;
    std::vector<BeadMatch> matches;
    for (const auto& [a, b] : seen)
        if (a != nullptr && b != nullptr)
            matches.push_back({a->pose, a->marker, {a->pixel, b->pixel}, {a->sd_px, b->sd_px}});
    return matches;
}

HeldOutScore score_held_out(const Calibration& calibration, const Observations& held_out,
                            int first_pose, const Truth& truth, const NoiseRatios& noise) {
    HeldOutScore score;
    score.coverage_95 = std::numeric_limits<double>::quiet_NaN();
    std::vector<BeadMatch> matches;
    std::vector<Triangulation> triangulated;
    std::vector<Eigen::Vector3d> found;
    std::vector<Eigen::Vector3d> real;
    std::vector<int> pose_of_point;
    double squares = 0.0;
    for (const auto& match : bead_matches(held_out)) {
        const Triangulation t = triangulate(calibration.views, match.pixels, match.sd_px);
        if (!t.ok) continue;
        HeldOutPoint point;
        point.pose = first_pose + match.pose;
        point.marker = match.marker;
        point.true_mm = truth.world_from_phantom[static_cast<std::size_t>(point.pose)] *
                        truth.markers_in_phantom_mm[static_cast<std::size_t>(match.marker)];
        point.found_mm = t.point_in_world_mm;
        point.reprojection_rms_px = t.reprojection_rms_px;
        squares += t.reprojection_rms_px * t.reprojection_rms_px;
        found.push_back(point.found_mm);
        real.push_back(point.true_mm);
        pose_of_point.push_back(point.pose);
        matches.push_back(match);
        triangulated.push_back(t);
        score.points.push_back(point);
    }
    const RigidFit fit = fit_rigid(found, real);
    if (!fit.ok) return score;
    std::vector<Eigen::Vector3d> absolute;
    std::vector<Eigen::Vector3d> aligned;
    for (auto& point : score.points) {
        point.aligned_mm = fit.to_from_from * point.found_mm;
        absolute.push_back(point.found_mm - point.true_mm);
        aligned.push_back(point.aligned_mm - point.true_mm);
    }
    const Eigen::Matrix3d& axes = truth.stereo_from_world;
    score.reprojection_rms_px = std::sqrt(squares / static_cast<double>(found.size()));
    score.absolute = point_errors(absolute, axes);
    score.aligned = point_errors(aligned, axes);
    score.distances = distance_errors(found, real, pose_of_point);
    const Extent extent = extent_of(score.points);
    score.scale = extent.scale;
    score.spread_rms_mm = extent.spread_rms_mm;
    double of_pixels_mm2 = 0.0;
    for (const Triangulation& point : triangulated)
        of_pixels_mm2 += point.covariance_mm2.trace() / static_cast<double>(triangulated.size());
    score.predicted_points_rms_mm = noise.real * std::sqrt(of_pixels_mm2);
    if (calibration.covariance.size() == 0) return score;
    const PointSpread spread = spread_of(calibration, matches, triangulated, axes);
    predict(spread, noise, axes, score);
    score.coverage_95 = coverage_95(spread, noise.claimed, axes, score.points);
    return score;
}

}  // namespace stereo
