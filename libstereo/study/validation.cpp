#include "measurement.hpp"
#include "synthesis.hpp"

#include <drr/core/parallel.hpp>
#include <stereo/recon/rigid_fit.hpp>
#include <stereo/recon/triangulate.hpp>
#include <stereo/study/validation.hpp>

#include <Eigen/Cholesky>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

namespace stereo {
namespace {

// Counts up from any thread.
class Progress {
  public:
    Progress(const drr::ProgressSink& sink, std::string stage, std::size_t total)
        : sink_(sink), stage_(std::move(stage)), total_(total) {}
    void step() {
        const std::lock_guard lock(mutex_);
        ++done_;
        if (sink_) sink_(stage_, done_, total_);
    }

  private:
    const drr::ProgressSink& sink_;
    std::string stage_;
    std::size_t total_;
    std::size_t done_ = 0;
    std::mutex mutex_;
};

std::array<drr::CalibratedView, 2> true_views(const Truth& truth) {
    return {truth.views[0].calibrated(), truth.views[1].calibrated()};
}

void render_and_measure(const ExperimentSpec& spec, const LaboratoryKnowledge& known,
                        const ValidationHooks& hooks, PrimaryCache* cache,
                        ValidationResult& result) {
    const std::size_t poses = result.truth.world_from_phantom.size();
    result.images.resize(2 * poses);
    Progress rendering(hooks.progress, "render and detect", result.images.size());
    const RadiographSession session(spec, result.truth, cache);
    drr::parallel_for(result.images.size(), [&](std::size_t i) {
        ImageRecord& record = result.images[i];
        record.pose = static_cast<int>(i / 2);
        record.view = static_cast<int>(i % 2);
        const auto image = session.radiograph(record.pose, record.view);
        record.detection = measure(image, known);
        if (hooks.image) hooks.image(record.pose, record.view, image);
        if (record.pose == 0) result.first_pose_images[i] = image;
        rendering.step();
    });
    result.identities.resize(poses);
    Progress naming(hooks.progress, "identify", poses);
    drr::parallel_for(poses, [&](std::size_t pose) {
        result.identities[pose] =
            identify_pose(std::span(result.images).subspan(2 * pose, 2), known);
        naming.step();
    });
}

Localization localization_of(const Observations& observations, const ExperimentSpec& spec,
                             const Truth& truth) {
    Localization result;
    double squares = 0.0;
    double ratio_squares = 0.0;
    for (const auto& item : observations.items) {
        const Eigen::Vector3d point =
            truth.world_from_phantom[static_cast<std::size_t>(item.pose)] *
            truth.markers_in_phantom_mm[static_cast<std::size_t>(item.marker)];
        const Eigen::Vector2d error =
            item.pixel - true_pixel(spec, truth.views[static_cast<std::size_t>(item.view)], point);
        ++result.count;
        result.bias_px += error;
        squares += error.squaredNorm();
        ratio_squares += error.squaredNorm() / (item.sd_px * item.sd_px);
        result.max_px = std::max(result.max_px, error.norm());
    }
    if (result.count == 0) return result;
    result.bias_px /= static_cast<double>(result.count);
    result.sigma_px = std::sqrt(0.5 * squares / static_cast<double>(result.count));
    result.sigma_ratio = std::sqrt(0.5 * ratio_squares / static_cast<double>(result.count));
    return result;
}

// Beads that both views of a pose have seen.
struct Match {
    int pose = 0;
    int marker = 0;
    std::array<Eigen::Vector2d, 2> pixels;
    std::array<double, 2> sd_px{};
};

std::vector<Match> matches_of(const Observations& observations) {
    std::map<std::pair<int, int>, std::array<const Observation*, 2>> seen;
    for (const auto& item : observations.items)
        seen[{item.pose, item.marker}][static_cast<std::size_t>(item.view)] = &item;
    std::vector<Match> matches;
    for (const auto& [key, pair] : seen)
        if (pair[0] != nullptr && pair[1] != nullptr)
            matches.push_back({key.first,
                               key.second,
                               {pair[0]->pixel, pair[1]->pixel},
                               {pair[0]->sd_px, pair[1]->sd_px}});
    return matches;
}

void score_views(ValidationResult& result) {
    const CalibrationPrecision precision = precision_of(result.calibration);
    const Eigen::Matrix3d& axes = result.truth.stereo_from_world;
    const Eigen::MatrixXd source_covariance =
        propagate(result.calibration, [&](std::span<const drr::CalibratedView> views) {
            Eigen::VectorXd sources(6);
            sources << axes * views[0].source_in_world_mm(), axes * views[1].source_in_world_mm();
            return sources;
        });
    for (std::size_t v = 0; v < 2; ++v) {
        const drr::XrayView& truth = result.truth.views[v];
        const drr::CalibratedView& found = result.calibration.views[v];
        const double pitch = truth.pixel_pitch_mm.x();
        ViewErrors errors;
        errors.source_mm = axes * (found.source_in_world_mm() - truth.source_in_world_mm());
        errors.source_sd_mm =
            source_covariance.diagonal().segment<3>(static_cast<Eigen::Index>(3 * v)).cwiseSqrt();
        errors.sdd_mm = found.pinhole.fx_px * pitch - truth.sdd_mm;
        errors.sdd_sd_mm = precision.views[v].focal_length_px * pitch;
        errors.principal_point_px =
            Eigen::Vector2d(found.pinhole.cx_px, found.pinhole.cy_px) - truth.principal_point_px;
        errors.principal_point_sd_px = precision.views[v].principal_point_px;
        result.view_errors.push_back(errors);
    }
    const auto views = true_views(result.truth);
    result.stereo_angle_error_rad =
        drr::stereo_angle_rad(result.calibration.views[0], result.calibration.views[1]) -
        drr::stereo_angle_rad(views[0], views[1]);
    result.stereo_angle_sd_rad = precision.stereo_angle_rad;
}

void check_epipolar(ValidationResult& result) {
    EpipolarCheck& check = result.epipolar;
    const auto& views = result.calibration.views;
    check.calibrated = fundamental_from_views(views[0], views[1]);
    const auto matches = matches_of(result.calibration_observations);
    std::vector<Eigen::Vector2d> exact_a;
    std::vector<Eigen::Vector2d> exact_b;
    for (const auto& match : matches) {
        check.a_px.push_back(match.pixels[0]);
        check.b_px.push_back(match.pixels[1]);
        const Eigen::Vector3d point =
            result.calibration.world_from_phantom[static_cast<std::size_t>(match.pose)] *
            result.truth.markers_in_phantom_mm[static_cast<std::size_t>(match.marker)];
        exact_a.push_back(views[0].project(point));
        exact_b.push_back(views[1].project(point));
    }
    check.of_calibrated = epipolar_statistics(check.calibrated, check.a_px, check.b_px);
    check.warning = check.of_calibrated.rms_px > 1.0;
    check.ransac = estimate_fundamental(
        check.a_px, check.b_px,
        {.threshold_px = result.spec.epipolar_threshold_px, .seed = result.spec.seed});
    if (check.ransac.ok)
        check.difference_rms_px =
            epipolar_statistics(check.ransac.fundamental, exact_a, exact_b).rms_px;
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

// What the calibration's covariance and the triangulation's predict for the held-out points, in
// the stereo axes and for the noise that really is.
void predict(const std::vector<Match>& matches, ValidationResult& result) {
    const Eigen::Matrix3d& axes = result.truth.stereo_from_world;
    const auto rows = static_cast<Eigen::Index>(3 * matches.size());
    const double noise_scale = std::pow(result.localization.sigma_ratio, 2.0);
    const double calibration_scale = noise_scale / std::pow(result.calibration.sigma0, 2.0);
    Eigen::MatrixXd covariance =
        calibration_scale *
        propagate(result.calibration, [&](std::span<const drr::CalibratedView> views) {
            Eigen::VectorXd points(rows);
            for (std::size_t i = 0; i < matches.size(); ++i)
                points.segment<3>(static_cast<Eigen::Index>(3 * i)) =
                    axes *
                    triangulate(views, matches[i].pixels, matches[i].sd_px).point_in_world_mm;
            return points;
        });
    // A rigid motion moves point p by t + w x p.
    Eigen::MatrixXd motion(rows, 6);
    Eigen::Vector3d centroid = Eigen::Vector3d::Zero();
    for (const auto& point : result.held_out)
        centroid += axes * point.true_mm / static_cast<double>(result.held_out.size());
    for (std::size_t i = 0; i < matches.size(); ++i) {
        const auto at = static_cast<Eigen::Index>(3 * i);
        const Eigen::Matrix3d of_point =
            triangulate(result.calibration.views, matches[i].pixels, matches[i].sd_px)
                .covariance_mm2;
        covariance.block<3, 3>(at, at) += noise_scale * axes * of_point * axes.transpose();
        motion.block<3, 3>(at, 0).setIdentity();
        motion.block<3, 3>(at, 3) =
            -drr::cross_matrix(axes * result.held_out[i].true_mm - centroid);
    }
    result.predicted_absolute = errors_of_variances(covariance.diagonal());
    // Alignment takes away the part of the errors that a motion explains: e - G (G^T G)^-1 G^T e.
    const Eigen::MatrixXd fit = (motion.transpose() * motion).ldlt().solve(motion.transpose());
    const Eigen::MatrixXd crossed = fit * covariance;             // 6 x rows
    const Eigen::MatrixXd of_motion = crossed * fit.transpose();  // 6 x 6
    const Eigen::VectorXd aligned = covariance.diagonal() -
                                    2.0 * motion.cwiseProduct(crossed.transpose()).rowwise().sum() +
                                    motion.cwiseProduct(motion * of_motion).rowwise().sum();
    result.predicted_aligned = errors_of_variances(aligned);
}

void score_held_out(const Observations& observations, ValidationResult& result) {
    const int first = result.spec.poses.calibration;
    const auto& views = result.calibration.views;
    std::vector<Match> matches;
    std::vector<Eigen::Vector3d> found;
    std::vector<Eigen::Vector3d> truth;
    std::vector<int> pose_of_point;
    double squares = 0.0;
    for (const auto& match : matches_of(observations)) {
        const Triangulation t = triangulate(views, match.pixels, match.sd_px);
        if (!t.ok) continue;
        HeldOutPoint point;
        point.pose = first + match.pose;
        point.marker = match.marker;
        point.true_mm = result.truth.world_from_phantom[static_cast<std::size_t>(point.pose)] *
                        result.truth.markers_in_phantom_mm[static_cast<std::size_t>(match.marker)];
        point.found_mm = t.point_in_world_mm;
        point.reprojection_rms_px = t.reprojection_rms_px;
        squares += t.reprojection_rms_px * t.reprojection_rms_px;
        found.push_back(point.found_mm);
        truth.push_back(point.true_mm);
        pose_of_point.push_back(point.pose);
        matches.push_back(match);
        result.held_out.push_back(point);
    }
    const RigidFit fit = fit_rigid(found, truth);
    if (!fit.ok) return;
    std::vector<Eigen::Vector3d> absolute;
    std::vector<Eigen::Vector3d> aligned;
    for (auto& point : result.held_out) {
        point.aligned_mm = fit.to_from_from * point.found_mm;
        absolute.push_back(point.found_mm - point.true_mm);
        aligned.push_back(point.aligned_mm - point.true_mm);
    }
    result.held_out_reprojection_rms_px = std::sqrt(squares / static_cast<double>(found.size()));
    result.absolute = point_errors(absolute, result.truth.stereo_from_world);
    result.aligned = point_errors(aligned, result.truth.stereo_from_world);
    result.distances = distance_errors(found, truth, pose_of_point);
    predict(matches, result);

    // Disparity is the difference of two coordinates, each with the localization noise.
    const double distance =
        result.spec.rig.source_isocentre_mm * std::cos(0.5 * result.spec.rig.stereo_angle_rad);
    result.expected_depth_resolution_mm =
        expected_depth_resolution_mm(distance, std::sqrt(2.0) * result.localization.sigma_px,
                                     drr::baseline_mm(result.truth.views), views[0].pinhole.fx_px);
}

std::string identification_failures(const ValidationResult& result) {
    std::string text;
    for (std::size_t pose = 0; pose < result.identities.size(); ++pose)
        if (!result.identities[pose].ok)
            text += fmt::format("{}pose {}: {}", text.empty() ? "" : "; ", pose,
                                result.identities[pose].summary);
    return text;
}

}  // namespace

ValidationResult validate_experiment(const ExperimentSpec& spec, const ValidationHooks& hooks) {
    return validate_cached(spec, hooks, nullptr);
}

ValidationResult validate_cached(const ExperimentSpec& spec, const ValidationHooks& hooks,
                                 PrimaryCache* cache) {
    ValidationResult result;
    result.spec = spec;
    result.truth = make_truth(spec);
    const drr::StereoRigSpec nominal = make_nominal(spec);
    const LaboratoryKnowledge known = laboratory_knowledge(spec, nominal);
    result.nominal = known.nominal;
    result.nominal_sdd_mm = nominal.sdd_mm;
    result.nominal_stereo_angle_rad = nominal.stereo_angle_rad;

    render_and_measure(spec, known, hooks, cache, result);
    const int poses = spec.poses.calibration + spec.poses.held_out;
    result.localization =
        localization_of(observations_of(result.images, known, 0, poses), spec, result.truth);

    // From here on only what was measured is used, until the scores compare it with the truth.
    result.calibration_observations =
        observations_of(result.images, known, 0, spec.poses.calibration);
    result.calibration = calibrate(Procedure::bundle, result.calibration_observations);
    if (!result.calibration.ok) {
        const std::string unnamed = identification_failures(result);
        result.summary = "the calibration failed: " + result.calibration.summary +
                         (unnamed.empty() ? "" : "; not identified: " + unnamed);
        return result;
    }
    score_views(result);
    check_epipolar(result);
    score_held_out(observations_of(result.images, known, spec.poses.calibration, poses), result);
    result.ok = result.aligned.count > 0;
    result.summary =
        result.ok ? fmt::format(
                        "lateral RMS {:.4f} mm, depth RMS {:.4f} mm after rigid alignment ({} "
                        "held-out beads), epipolar RMS {:.3f} px",
                        result.aligned.lateral_rms_mm(), result.aligned.depth_rms_mm(),
                        result.aligned.count, result.epipolar.of_calibrated.rms_px)
                  : "no bead of the held-out poses could be reconstructed";
    return result;
}

}  // namespace stereo
