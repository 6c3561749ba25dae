#include "measurement.hpp"
#include "synthesis.hpp"

#include <drr/core/parallel.hpp>
#include <drr/core/progress.hpp>
#include <stereo/recon/triangulate.hpp>
#include <stereo/study/validation.hpp>

#include <fmt/format.h>

namespace stereo {
namespace {

struct MeasuredImages {
    std::vector<ImageRecord> images;  // pose by pose, view 0 then 1
    std::vector<IdentifyResult> identities;
    std::array<drr::Image<std::uint16_t>, 2> first_pose;
};

MeasuredImages measure_images(const ExperimentSpec& spec, const Truth& truth,
                              const LaboratoryKnowledge& known, const ValidationHooks& hooks,
                              PrimaryCache* cache) {
    MeasuredImages result;
    const std::size_t poses = truth.world_from_phantom.size();
    result.images.resize(2 * poses);
    drr::ProgressCount rendering(hooks.progress, "render and detect", result.images.size());
    const RadiographSession session(spec, truth, cache);
    drr::parallel_for(result.images.size(), [&](std::size_t i) {
        ImageRecord& record = result.images[i];
        record.pose = static_cast<int>(i / 2);
        record.view = static_cast<int>(i % 2);
        const auto image = session.radiograph(record.pose, record.view);
        record.detection = measure(image, record.view, known);
        if (hooks.image) hooks.image(record.pose, record.view, image);
        if (record.pose == 0) result.first_pose[i] = image;
        rendering.step();
    });
    result.identities = identify_images(result.images, known, hooks.progress);
    return result;
}

ObservedExperiment observed_in(const MeasuredImages& measured, const ExperimentSpec& spec,
                               const Truth& truth, const LaboratoryKnowledge& known) {
    const int poses = spec.poses.calibration + spec.poses.held_out;
    ObservedExperiment observed;
    observed.truth = truth;
    observed.calibration = observations_of(measured.images, known, 0, spec.poses.calibration);
    observed.held_out = observations_of(measured.images, known, spec.poses.calibration, poses);
    observed.localization = localization_of(observed, spec);
    return observed;
}

void score(const ExperimentSpec& spec, const Observations& held_out, ValidationResult& result) {
    const Truth truth = in_world_of_pose(result.truth, result.calibration.world_pose);
    const GeometryErrors geometry = geometry_errors(result.calibration, truth);
    result.view_errors = geometry.views;
    result.stereo_angle_error_rad = geometry.stereo_angle_rad;
    result.stereo_angle_sd_rad = geometry.stereo_angle_sd_rad;
    const HeldOutScore score =
        score_held_out(result.calibration, held_out, spec.poses.calibration, truth,
                       {result.localization.sigma_ratio, result.calibration.sigma0});
    result.held_out = score.points;
    result.held_out_reprojection_rms_px = score.reprojection_rms_px;
    result.absolute = score.absolute;
    result.aligned = score.aligned;
    result.predicted_absolute = score.predicted_absolute;
    result.predicted_aligned = score.predicted_aligned;
    result.distances = score.distances;
    result.expected_depth_resolution_mm =
        expected_depth_resolution_mm(spec, truth, result.localization);
}

void check_epipolar(ValidationResult& result) {
    EpipolarCheck& check = result.epipolar;
    const auto& views = result.calibration.views;
    check.calibrated = fundamental_from_views(views[0], views[1]);
    const auto matches = bead_matches(result.calibration_observations);
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

std::string identification_failures(const ValidationResult& result) {
    std::string text;
    for (std::size_t pose = 0; pose < result.identities.size(); ++pose)
        if (!result.identities[pose].ok)
            text += fmt::format("{}pose {}: {}", text.empty() ? "" : "; ", pose,
                                result.identities[pose].summary);
    return text;
}

}  // namespace

ObservedExperiment observe_images(const ExperimentSpec& spec, const RadiographSink& image) {
    const Truth truth = make_truth(spec);
    const LaboratoryKnowledge known = laboratory_knowledge(spec.phantom, make_nominal(spec));
    return observed_in(measure_images(spec, truth, known, {{}, image}, nullptr), spec, truth,
                       known);
}

ValidationResult validate_experiment(const ExperimentSpec& spec, const ValidationHooks& hooks) {
    return validate_cached(spec, hooks, nullptr);
}

ValidationResult validate_cached(const ExperimentSpec& spec, const ValidationHooks& hooks,
                                 PrimaryCache* cache) {
    ValidationResult result;
    result.spec = spec;
    result.truth = make_truth(spec);
    const drr::StereoRigSpec nominal = make_nominal(spec);
    const LaboratoryKnowledge known = laboratory_knowledge(spec.phantom, nominal);
    result.nominal = known.nominal;
    result.nominal_sdd_mm = nominal.sdd_mm;
    result.nominal_stereo_angle_rad = nominal.stereo_angle_rad;

    MeasuredImages measured = measure_images(spec, result.truth, known, hooks, cache);
    const ObservedExperiment observed = observed_in(measured, spec, result.truth, known);
    result.images = std::move(measured.images);
    result.identities = std::move(measured.identities);
    result.first_pose_images = std::move(measured.first_pose);
    result.localization = observed.localization;

    // From here on only what was measured is used, until the scores compare it with the truth.
    result.calibration_observations = observed.calibration;
    result.calibration = calibrate(Procedure::bundle, result.calibration_observations,
                                   {.errors = ErrorModel::correlated_neighbours});
    if (!result.calibration.ok) {
        const std::string unnamed = identification_failures(result);
        result.summary = "the calibration failed: " + result.calibration.summary +
                         (unnamed.empty() ? "" : "; not identified: " + unnamed);
        return result;
    }
    check_epipolar(result);
    score(spec, observed.held_out, result);
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
