#include "name_posteriors.hpp"

#include "cholesky.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace stereo {
namespace {

// A marker's residuals against the fit to all other markers, and their covariance.
struct Freed {
    Eigen::VectorXd residual_px;
    Eigen::MatrixXd covariance;
};

Freed freed_of_pull(const MarkerBlock& block, const Eigen::MatrixXd& fit_covariance) {
    const ReducedFit others =
        fit_without(fit_covariance, block.residual_px, block.jacobian, block.covariance);
    return {block.residual_px - block.jacobian * others.shift,
            block.covariance + block.jacobian * others.covariance * block.jacobian.transpose()};
}

// Likelihood that the blob of a sighting is not the marker's.
double false_weight(const ViewProblem& view, std::span<const int> marker_of_blob,
                    const Sighting& sighting, const Eigen::Vector2d& residual_px,
                    const Eigen::Matrix2d& covariance, double clutter_per_px2) {
    const Eigen::Vector2d predicted = sighting.pixel - residual_px;
    double weight = (1.0 - view.options.detection_rate) * clutter_per_px2;
    for (std::size_t other = 0; other < view.map.size(); ++other)
        if (marker_of_blob[other] < 0)
            weight += view.options.detection_rate *
                      std::exp(log_normal(view.map.centers_px()[other] - predicted, covariance));
    return weight;
}

// For each sighting of one marker, the probability that the blob is the marker's.
std::vector<double> posteriors(const Freed& freed, const std::vector<double>& false_weights,
                               double detection_rate) {
    const std::size_t sightings = false_weights.size();
    const std::size_t subsets = std::size_t{1} << sightings;
    std::vector<double> log_weights(subsets);
    for (std::size_t subset = 0; subset < subsets; ++subset) {
        std::vector<Eigen::Index> rows;
        for (std::size_t i = 0; i < sightings; ++i)
            if ((subset >> i & 1U) != 0) {
                rows.push_back(static_cast<Eigen::Index>(2 * i));
                rows.push_back(static_cast<Eigen::Index>(2 * i + 1));
                log_weights[subset] += std::log(detection_rate);
            } else {
                log_weights[subset] += std::log(false_weights[i]);
            }
        if (!rows.empty())
            log_weights[subset] +=
                log_normal(freed.residual_px(rows), freed.covariance(rows, rows));
    }
    const double largest = *std::max_element(log_weights.begin(), log_weights.end());
    double total = 0.0;
    std::vector<double> result(sightings, 0.0);
    for (std::size_t subset = 0; subset < subsets; ++subset) {
        const double weight = std::exp(log_weights[subset] - largest);
        total += weight;
        for (std::size_t i = 0; i < sightings; ++i)
            if ((subset >> i & 1U) != 0) result[i] += weight;
    }
    for (auto& posterior : result)
        posterior /= total;
    return result;
}

// Given the naming as a whole.
NameErrors errors_within(std::span<const ViewProblem> views, const JointNaming& naming) {
    const double rate = views[0].options.detection_rate;
    std::vector<double> clutter_per_px2;
    NameErrors errors;
    for (std::size_t v = 0; v < views.size(); ++v) {
        clutter_per_px2.push_back(false_blobs_per_px2(views[v], *naming.of_view[v]));
        errors.emplace_back(views[v].map.size());
    }
    for (const MarkerBlock& block : naming.fit.blocks) {
        const Freed freed = freed_of_pull(block, naming.fit.covariance);
        std::vector<double> false_weights;
        for (std::size_t i = 0; i < block.sightings.size(); ++i) {
            const std::size_t v = block.sightings[i].view;
            const auto row = static_cast<Eigen::Index>(2 * i);
            false_weights.push_back(
                false_weight(views[v], naming.marker_of_blob[v], block.sightings[i],
                             freed.residual_px.segment<2>(row),
                             freed.covariance.block<2, 2>(row, row), clutter_per_px2[v]));
        }
        const auto right = posteriors(freed, false_weights, rate);
        for (std::size_t i = 0; i < right.size(); ++i) {
            const Sighting& sighting = block.sightings[i];
            // A fit that has no covariance vouches for no name.
            if (right[i] >= 0.0) errors[sighting.view][sighting.blob] = {1.0 - right[i], 0.0};
        }
    }
    return errors;
}

// The marker whose names, or some of them, are all that a naming leaves out of another.
std::optional<int> only_left_out(const JointNaming& naming, const JointNaming& of) {
    std::optional<int> marker;
    for (std::size_t v = 0; v < of.marker_of_blob.size(); ++v)
        for (std::size_t blob = 0; blob < of.marker_of_blob[v].size(); ++blob) {
            const int name = of.marker_of_blob[v][blob];
            if (naming.marker_of_blob[v][blob] == name) continue;
            if (naming.marker_of_blob[v][blob] >= 0 || marker.value_or(name) != name)
                return std::nullopt;
            marker = name;
        }
    return marker;
}

}  // namespace

NameErrors name_errors(std::span<const ViewProblem> views, const std::vector<JointNaming>& namings,
                       const JointNaming& best, std::span<const MarkerPlace> places) {
    NameErrors errors = errors_within(views, best);
    double total = 0.0;
    std::vector<double> weights;
    std::vector<std::optional<int>> left_out;
    for (const auto& naming : namings) {
        left_out.push_back(only_left_out(naming, best));
        weights.push_back(std::exp(naming.log_likelihood - best.log_likelihood));
        total += weights.back();
    }
    for (std::size_t v = 0; v < errors.size(); ++v)
        for (std::size_t blob = 0; blob < errors[v].size(); ++blob) {
            const int name = best.marker_of_blob[v][blob];
            if (name < 0) continue;
            NameError disputed{0.0, 0.0};
            for (std::size_t n = 0; n < namings.size(); ++n) {
                const int other = namings[n].marker_of_blob[v][blob];
                // That only this marker's blobs are false has its weight above.
                if (other == name || left_out[n] == name) continue;
                (other < 0 ? disputed.false_blob : disputed.other_marker) += weights[n] / total;
            }
            errors[v][blob].add(disputed);
        }
    add_errors_by_neighbours(views, best, places, errors);
    return errors;
}

void set_names(const JointNaming& naming, const NameErrors& errors, const IdentifyOptions& options,
               std::vector<ViewIdentity>& identities) {
    for (std::size_t v = 0; v < errors.size(); ++v) {
        ViewIdentity& identity = identities[v];
        identity.marker_of_blob = naming.marker_of_blob[v];
        identity.name_error_of_blob.clear();
        identity.other_marker_error_of_blob.clear();
        for (std::size_t blob = 0; blob < errors[v].size(); ++blob) {
            const NameError& error = errors[v][blob];
            identity.name_error_of_blob.push_back(error.any());
            identity.other_marker_error_of_blob.push_back(error.other_marker);
            if (!(error.any() <= options.max_name_error &&
                  error.other_marker <= options.max_other_marker_error))
                identity.marker_of_blob[blob] = -1;
        }
    }
}

}  // namespace stereo
