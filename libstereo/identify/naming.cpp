#include "naming.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stereo {
namespace {

struct Prediction {
    Eigen::Vector2d pixel = Eigen::Vector2d::Constant(std::numeric_limits<double>::infinity());
    double px_per_mm = 0.0;
    double sd_px = 1.0;
    bool visible = false;
};

std::vector<Prediction> predict(const ViewProblem& view, const ViewPose& pose, std::size_t count,
                                double as_built_sd_mm) {
    const drr::Pinhole pinhole = scaled(view.nominal.pinhole, pose.log_focal);
    const Eigen::Matrix3d rotation = pose.view_from_phantom.matrix();
    std::vector<Prediction> predictions(count);
    for (std::size_t i = 0; i < count; ++i) {
        const Eigen::Vector3d p =
            rotation * view.markers_mm[i] + pose.view_from_phantom.translation_mm;
        if (p.z() <= 0.0) continue;
        Prediction& prediction = predictions[i];
        prediction.pixel = pinhole.project(p);
        prediction.px_per_mm = pinhole.fx_px / p.z();
        const bool is_bead = i < view.bead_count();
        const double as_built_px =
            (is_bead ? as_built_sd_mm : view.options.as_built_sd_mm) * prediction.px_per_mm;
        prediction.sd_px =
            std::sqrt(as_built_px * as_built_px + std::pow(view.options.blob_sd_px, 2));
        prediction.visible = view.map.contains(prediction.pixel);
    }
    return predictions;
}

struct Pair {
    int marker = -1;
    double normalized2 = 0.0;  // squared residual in standard deviations
};

// Each marker asks for the nearest blob within its gate; a blob goes to the marker that it fits
// best. Beads come first: a blob that one of them explains is no evidence of a reference.
std::vector<Pair> pair_up(const ViewProblem& view, const std::vector<Prediction>& predictions,
                          double gate_sd, double min_gate_px) {
    std::vector<Pair> pairs(view.map.size());
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        const auto& prediction = predictions[i];
        if (!prediction.visible) continue;
        const int blob =
            view.map.nearest(prediction.pixel, std::max(gate_sd * prediction.sd_px, min_gate_px));
        if (blob < 0) continue;
        Pair& pair = pairs[static_cast<std::size_t>(blob)];
        const double normalized2 =
            (view.map.centers_px()[static_cast<std::size_t>(blob)] - prediction.pixel)
                .squaredNorm() /
            (prediction.sd_px * prediction.sd_px);
        const bool taken_by_bead = pair.marker >= 0 && i >= view.bead_count() &&
                                   static_cast<std::size_t>(pair.marker) < view.bead_count();
        if (taken_by_bead || (pair.marker >= 0 && pair.normalized2 <= normalized2)) continue;
        pair = {static_cast<int>(i), normalized2};
    }
    return pairs;
}

bool same_names(const std::vector<Pair>& a, const std::vector<Pair>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const Pair& x, const Pair& y) { return x.marker == y.marker; });
}

drr::MarkerSights sights_of(const ViewProblem& view, const std::vector<Pair>& pairs,
                            const std::vector<Prediction>& predictions) {
    drr::MarkerSights sights(pairs.size());
    for (std::size_t blob = 0; blob < pairs.size(); ++blob) {
        if (pairs[blob].marker < 0) continue;
        const auto marker = static_cast<std::size_t>(pairs[blob].marker);
        sights.add(view.markers_mm[marker], view.map.centers_px()[blob], predictions[marker].sd_px);
    }
    return sights;
}

// Log-likelihood ratio of a blob's radius, marker against clutter, whose radii spread evenly over
// what a detector lets pass. One in ten measured radii counts as spoilt (overlaps, edges).
double radius_evidence(const ViewProblem& view, std::size_t blob, std::size_t marker,
                       double px_per_mm) {
    if (view.constellation.radii_mm.empty() || !(view.map.radius_px(blob) > 0.0)) return 0.0;
    constexpr double spoilt = 0.1;
    constexpr double clutter_log_range = 1.0;  // a factor of 1.6 to either side
    const double sd = view.options.radius_log_sd;
    const double off =
        std::log(view.map.radius_px(blob) / (view.constellation.radii_mm[marker] * px_per_mm)) / sd;
    const double density = std::exp(-0.5 * off * off) / (sd * std::sqrt(2.0 * std::numbers::pi));
    return std::log((1.0 - spoilt) * density * clutter_log_range + spoilt);
}

// The scatter of the beads as the image shows it, with the option's as a prior worth this many
// observed coordinates (scaled inverse chi-squared).
double found_scatter_mm(const ViewProblem& view, const std::vector<Pair>& pairs,
                        const std::vector<Prediction>& predictions) {
    constexpr double prior_weight = 4.0;
    constexpr double parameters = 7.0;
    const double limit = view.options.as_built_sd_mm;
    double sum = prior_weight * limit * limit;
    double weight = prior_weight - parameters;
    for (std::size_t blob = 0; blob < pairs.size(); ++blob) {
        if (pairs[blob].marker < 0 ||
            static_cast<std::size_t>(pairs[blob].marker) >= view.bead_count())
            continue;
        const auto& prediction = predictions[static_cast<std::size_t>(pairs[blob].marker)];
        sum += (view.map.centers_px()[blob] - prediction.pixel).squaredNorm() /
               (prediction.px_per_mm * prediction.px_per_mm);
        weight += 2.0;
    }
    return weight > 0.0 ? std::min(limit, std::sqrt(sum / weight)) : limit;
}

}  // namespace

std::optional<ViewPose> refine_pose(const ViewProblem& view, const ViewPose& start,
                                    double start_gate_px) {
    constexpr std::size_t min_pairs = 4;
    constexpr int max_rounds = 8;
    ViewPose pose = start;
    double gate_px = start_gate_px;
    std::vector<Pair> before;
    for (int round = 0; round < max_rounds; ++round) {
        const auto predictions =
            predict(view, pose, view.bead_count(), view.options.as_built_sd_mm);
        const auto pairs = pair_up(view, predictions, view.options.gate_sd, gate_px);
        const auto sights = sights_of(view, pairs, predictions);
        if (sights.size() < min_pairs) return std::nullopt;
        if (same_names(pairs, before) && gate_px == 0.0) break;
        constexpr int few_iterations = 4;  // the pairs change anyway
        pose = fit_pose_and_focal(sights, view.nominal.pinhole, pose, view.log_focal_sd(),
                                  few_iterations)
                   .pose;
        before = pairs;
        // Down to the gate of the standard deviations in three rounds.
        gate_px = round < 2 ? 0.6 * gate_px : 0.0;
    }
    return pose;
}

Naming name_blobs(const ViewProblem& view, const ViewPose& start, double as_built_sd_mm) {
    ViewPoseFit fit{start, {}};
    constexpr int max_rounds = 8;
    std::vector<Pair> before;
    for (int round = 0; round < max_rounds; ++round) {
        const auto predictions = predict(view, fit.pose, view.markers_mm.size(), as_built_sd_mm);
        auto pairs = pair_up(view, predictions, view.options.gate_sd, 0.0);
        const auto sights = sights_of(view, pairs, predictions);
        if (sights.size() < 4 || same_names(pairs, before)) break;
        before = std::move(pairs);
        constexpr int iterations = 10;
        fit = fit_pose_and_focal(sights, view.nominal.pinhole, fit.pose, view.log_focal_sd(),
                                 iterations);
    }
    Naming naming = name_blobs_at(view, fit.pose, as_built_sd_mm, 0.0);
    naming.fit = fit;
    return naming;
}

Naming name_blobs_at(const ViewProblem& view, const ViewPose& pose, double as_built_sd_mm,
                     double min_gate_px) {
    const auto& options = view.options;
    const std::size_t count = view.markers_mm.size();
    Naming naming;
    naming.fit.pose = pose;
    const auto predictions = predict(view, pose, count, as_built_sd_mm);
    const auto pairs = pair_up(view, predictions, options.gate_sd, min_gate_px);
    naming.as_built_sd_mm = found_scatter_mm(view, pairs, predictions);
    naming.marker_of_blob.assign(pairs.size(), -1);
    naming.doubtful.assign(pairs.size(), false);
    std::vector<bool> accounted(count, false);  // found, or hidden by one that was
    double sum = -0.5 * std::pow(naming.fit.pose.log_focal / view.log_focal_sd(), 2);
    for (std::size_t blob = 0; blob < pairs.size(); ++blob) {
        if (pairs[blob].marker < 0) continue;
        const auto marker = static_cast<std::size_t>(pairs[blob].marker);
        naming.marker_of_blob[blob] = pairs[blob].marker;
        const Eigen::Vector2d& center = view.map.centers_px()[blob];
        const double sd_px = predictions[marker].sd_px;
        const double detected = std::log(options.detection_rate) +
                                radius_evidence(view, blob, marker, predictions[marker].px_per_mm);
        sum += detected - std::log(2.0 * std::numbers::pi * sd_px * sd_px) -
               0.5 * pairs[blob].normalized2;
        naming.log_detections += detected;
        if (marker < view.bead_count()) {
            ++naming.beads_found;
            naming.squares_px2 += (center - predictions[marker].pixel).squaredNorm();
        } else {
            ++naming.references_found;
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        // A blob so near may be merged with the shadow of the marker, which may be off as built.
        const double merging_px =
            std::hypot(options.ambiguity_px, options.gate_sd * predictions[i].sd_px);
        view.map.for_each_within(predictions[i].pixel, merging_px, [&](int near_by, double) {
            const auto blob = static_cast<std::size_t>(near_by);
            if (pairs[blob].marker < 0) return;
            accounted[i] = true;
            if (static_cast<std::size_t>(pairs[blob].marker) != i) naming.doubtful[blob] = true;
        });
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (i < view.bead_count() && predictions[i].visible) {
            ++naming.beads_visible;
            if (accounted[i]) ++naming.beads_accounted;
        }
        if (!predictions[i].visible || accounted[i]) continue;
        sum += std::log1p(-options.detection_rate);
        naming.log_detections += std::log1p(-options.detection_rate);
    }
    naming.log_likelihood_but_clutter = sum;
    return naming;
}

std::optional<ViewPoseFit> fit_to_some(const ViewProblem& view, const Naming& naming,
                                       std::span<const std::size_t> blobs, double as_built_sd_mm) {
    constexpr std::size_t least = 4;
    constexpr int iterations = 4;  // the names change anyway
    if (blobs.size() < least) return std::nullopt;
    const ViewPose& start = naming.fit.pose;
    const auto predictions = predict(view, start, view.markers_mm.size(), as_built_sd_mm);
    std::vector<Pair> pairs(view.map.size());
    for (const std::size_t blob : blobs)
        pairs[blob].marker = naming.marker_of_blob[blob];
    return fit_pose_and_focal(sights_of(view, pairs, predictions), view.nominal.pinhole, start,
                              view.log_focal_sd(), iterations);
}

std::vector<std::size_t> named_blobs(const Naming& naming) {
    std::vector<std::size_t> blobs;
    for (std::size_t blob = 0; blob < naming.marker_of_blob.size(); ++blob)
        if (naming.marker_of_blob[blob] >= 0) blobs.push_back(blob);
    return blobs;
}

double false_blobs_per_px2(const ViewProblem& view, const Naming& naming) {
    const auto& centers = view.map.centers_px();
    const drr::Pinhole pinhole = scaled(view.nominal.pinhole, naming.fit.pose.log_focal);
    Eigen::AlignedBox2d shadow;
    for (const auto& marker : view.markers_mm) {
        const Eigen::Vector2d pixel = pinhole.project(naming.fit.pose.view_from_phantom * marker);
        if (view.map.contains(pixel)) shadow.extend(pixel);
    }
    int left_over = 0;
    int in_shadow = 0;
    for (std::size_t blob = 0; blob < centers.size(); ++blob) {
        if (naming.marker_of_blob[blob] >= 0) continue;
        ++left_over;
        if (shadow.contains(centers[blob])) ++in_shadow;
    }
    // One more than are left over: those that stand in for a missing marker do not show.
    const double image = (left_over + 1.0) / view.map.area_px2();
    return shadow.isEmpty() || shadow.volume() <= 0.0
               ? image
               : std::max(image, (in_shadow + 1.0) / shadow.volume());
}

}  // namespace stereo
