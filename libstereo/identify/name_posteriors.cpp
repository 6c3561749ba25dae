#include "name_posteriors.hpp"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stereo {
namespace {

// A marker and its blob in one view.
struct Sighting {
    std::size_t view = 0;
    std::size_t blob = 0;
    Eigen::Vector2d residual_px;
    Eigen::Matrix<double, 2, 3> px_per_mm;  // the marker's place to its image
    Eigen::Matrix2d noise_px2;              // of the pose by the other sights, and the blob
    double false_weight = 0.0;              // likelihood that the blob is not the marker's
};

// log of a normal density with mean 0.
double log_density(const Eigen::VectorXd& residual, const Eigen::MatrixXd& covariance) {
    const Eigen::LLT<Eigen::MatrixXd> root(covariance);
    return -0.5 * root.matrixL().solve(residual).squaredNorm() -
           root.matrixLLT().diagonal().array().log().sum() -
           0.5 * static_cast<double>(residual.size()) * std::log(2.0 * std::numbers::pi);
}

Sighting sight(const ViewProblem& view, const Naming& naming, std::size_t v, std::size_t blob,
               double as_built_sd_mm, double clutter_per_px2) {
    const auto marker = static_cast<std::size_t>(naming.marker_of_blob[blob]);
    const drr::Pinhole pinhole = scaled(view.nominal.pinhole, naming.fit.pose.log_focal);
    const Eigen::Matrix3d rotation = naming.fit.pose.view_from_phantom.matrix();
    const Eigen::Vector3d turned = rotation * view.markers_mm[marker];
    const Eigen::Vector3d p = turned + naming.fit.pose.view_from_phantom.translation_mm;
    const Eigen::Vector2d centred(pinhole.fx_px * p.x() / p.z(), pinhole.fy_px * p.y() / p.z());
    Eigen::Matrix<double, 2, 3> d_pixel;
    d_pixel << pinhole.fx_px / p.z(), 0.0, -centred.x() / p.z(), 0.0, pinhole.fy_px / p.z(),
        -centred.y() / p.z();
    Eigen::Matrix<double, 2, 7> d_fit;
    d_fit << -d_pixel * drr::cross_matrix(turned), d_pixel, centred;

    const Eigen::Vector2d predicted = pinhole.project(p);
    // Residual and covariance of the prediction by the other sights: the fit's own, freed of this
    // sight's pull (deletion formulas of least squares; Belsley, Kuh & Welsch 1980, section 2.1).
    const Eigen::Matrix2d weighted = (std::pow(as_built_sd_mm * pinhole.fx_px / p.z(), 2) +
                                      std::pow(view.options.blob_sd_px, 2)) *
                                     Eigen::Matrix2d::Identity();
    const Eigen::Matrix2d in_fit = d_fit * naming.fit.covariance * d_fit.transpose();
    const Eigen::LDLT<Eigen::Matrix2d> left(weighted - (1.0 - 1e-6) * in_fit);
    const Eigen::Matrix2d freed = left.solve(weighted);

    Sighting s;
    s.view = v;
    s.blob = blob;
    s.px_per_mm = d_pixel * rotation;
    s.residual_px = freed.transpose() * (view.map.centers_px()[blob] - predicted);
    s.noise_px2 = weighted * freed - weighted +
                  std::pow(view.options.blob_sd_px, 2) * Eigen::Matrix2d::Identity();
    const Eigen::Matrix2d alone =
        s.noise_px2 + as_built_sd_mm * as_built_sd_mm * s.px_per_mm * s.px_per_mm.transpose();
    s.false_weight = (1.0 - view.options.detection_rate) * clutter_per_px2;
    for (std::size_t other = 0; other < view.map.size(); ++other)
        if (naming.marker_of_blob[other] < 0)
            s.false_weight +=
                view.options.detection_rate *
                std::exp(log_density(view.map.centers_px()[other] - predicted, alone));
    return s;
}

// For each sighting of one marker, the probability that the blob is the marker's.
std::vector<double> posteriors(const std::vector<Sighting>& sightings, double as_built_sd_mm,
                               double detection_rate) {
    const std::size_t subsets = std::size_t{1} << sightings.size();
    std::vector<double> log_weights(subsets);
    for (std::size_t subset = 0; subset < subsets; ++subset) {
        std::vector<const Sighting*> real;
        for (std::size_t i = 0; i < sightings.size(); ++i) {
            if ((subset >> i & 1U) != 0)
                real.push_back(&sightings[i]);
            else
                log_weights[subset] += std::log(sightings[i].false_weight);
        }
        const auto rows = static_cast<Eigen::Index>(2 * real.size());
        Eigen::VectorXd residual(rows);
        Eigen::MatrixXd place(rows, 3);
        Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(rows, rows);
        for (std::size_t i = 0; i < real.size(); ++i) {
            const auto row = static_cast<Eigen::Index>(2 * i);
            residual.segment<2>(row) = real[i]->residual_px;
            place.middleRows<2>(row) = real[i]->px_per_mm;
            covariance.block<2, 2>(row, row) = real[i]->noise_px2;
        }
        if (real.empty()) continue;
        covariance += as_built_sd_mm * as_built_sd_mm * place * place.transpose();
        log_weights[subset] += static_cast<double>(real.size()) * std::log(detection_rate) +
                               log_density(residual, covariance);
    }
    const double largest = *std::max_element(log_weights.begin(), log_weights.end());
    double total = 0.0;
    std::vector<double> result(sightings.size(), 0.0);
    for (std::size_t subset = 0; subset < subsets; ++subset) {
        const double weight = std::exp(log_weights[subset] - largest);
        total += weight;
        for (std::size_t i = 0; i < sightings.size(); ++i)
            if ((subset >> i & 1U) != 0) result[i] += weight;
    }
    for (auto& posterior : result)
        posterior /= total;
    return result;
}

}  // namespace

void withhold_doubtful_names(std::span<const ViewProblem> views, const JointNaming& naming,
                             std::vector<ViewIdentity>& identities,
                             const IdentifyOptions& options) {
    std::vector<std::vector<Sighting>> of_marker(views[0].markers_mm.size());
    double beads_sd_mm = 0.0;
    for (const Naming* view : naming.of_view)
        beads_sd_mm = std::max(beads_sd_mm, view->as_built_sd_mm);
    const auto sd_mm = [&](std::size_t marker) {
        return marker < views[0].bead_count() ? beads_sd_mm : options.as_built_sd_mm;
    };
    for (std::size_t v = 0; v < views.size(); ++v) {
        const Naming& named = *naming.of_view[v];
        const double clutter = false_blobs_per_px2(views[v], named);
        for (std::size_t blob = 0; blob < named.marker_of_blob.size(); ++blob) {
            if (named.marker_of_blob[blob] < 0) continue;
            const auto marker = static_cast<std::size_t>(named.marker_of_blob[blob]);
            of_marker[marker].push_back(sight(views[v], named, v, blob, sd_mm(marker), clutter));
        }
    }
    for (std::size_t marker = 0; marker < of_marker.size(); ++marker) {
        const auto right = posteriors(of_marker[marker], sd_mm(marker), options.detection_rate);
        for (std::size_t i = 0; i < right.size(); ++i)
            if (right[i] < 1.0 - options.max_name_error)
                identities[of_marker[marker][i].view].marker_of_blob[of_marker[marker][i].blob] =
                    -1;
    }
}

}  // namespace stereo
