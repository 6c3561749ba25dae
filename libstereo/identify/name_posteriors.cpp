#include "name_posteriors.hpp"

#include "cholesky.hpp"

#include <drr/geometry/decompositions.hpp>

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

// A marker's residuals against the fit to all other markers, and their covariance: the fit's own,
// freed of this marker's pull (deletion formulas of least squares; Belsley, Kuh & Welsch 1980,
// section 2.1).
struct Freed {
    Eigen::VectorXd residual_px;
    Eigen::MatrixXd covariance;
};

Freed freed_of_pull(const MarkerBlock& block, const Eigen::MatrixXd& fit_covariance) {
    // Short of 1, where the marker alone holds a parameter of the fit.
    constexpr double largest_leverage = 1.0 - 1e-6;
    const Eigen::MatrixXd in_fit = block.jacobian * fit_covariance * block.jacobian.transpose();
    const Eigen::MatrixXd freed =
        drr::solve_symmetric(block.covariance - largest_leverage * in_fit, block.covariance);
    return {freed.transpose() * block.residual_px, block.covariance * freed};
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
        errors.emplace_back(views[v].map.size(), 1.0);
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
            if (right[i] >= 0.0) errors[sighting.view][sighting.blob] = 1.0 - right[i];
        }
    }
    return errors;
}

}  // namespace

NameErrors name_errors(std::span<const ViewProblem> views, const std::vector<JointNaming>& namings,
                       const JointNaming& best, std::span<const MarkerPlace> places) {
    NameErrors errors = errors_within(views, best);
    double total = 0.0;
    std::vector<double> weights;
    for (const auto& naming : namings) {
        weights.push_back(std::exp(naming.log_likelihood - best.log_likelihood));
        total += weights.back();
    }
    for (std::size_t v = 0; v < errors.size(); ++v)
        for (std::size_t blob = 0; blob < errors[v].size(); ++blob) {
            const int name = best.marker_of_blob[v][blob];
            if (name < 0) continue;
            double disputed = 0.0;
            for (std::size_t n = 0; n < namings.size(); ++n)
                if (namings[n].marker_of_blob[v][blob] != name) disputed += weights[n];
            errors[v][blob] = 1.0 - (1.0 - errors[v][blob]) * (1.0 - disputed / total);
        }
    add_errors_by_neighbours(views, best, places, errors);
    return errors;
}

void withhold_doubtful_names(double max_name_error, std::vector<ViewIdentity>& identities) {
    for (auto& identity : identities)
        for (std::size_t blob = 0; blob < identity.marker_of_blob.size(); ++blob)
            if (!(identity.name_error_of_blob[blob] <= max_name_error))
                identity.marker_of_blob[blob] = -1;
}

}  // namespace stereo
