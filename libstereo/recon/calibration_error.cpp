#include "unclaimed_error.hpp"

#include <drr/core/error.hpp>
#include <stereo/recon/epipolar.hpp>
#include <stereo/recon/triangulate.hpp>

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

// What undistortion and calibration leave is as smooth as the plate's pattern of holes and the
// lens: the prior of its length, of the image's width.
constexpr double field_length = 0.25;

// An unclaimed error below this is none: it would only carry the chance of the matches on.
constexpr double negligible_px = 1e-4;

std::vector<std::size_t> evenly_drawn(std::size_t count, std::size_t most) {
    std::vector<std::size_t> chosen;
    const std::size_t taken = std::min(count, most);
    for (std::size_t i = 0; i < taken; ++i)
        chosen.push_back(i * count / taken);
    return chosen;
}

}  // namespace

void CalibrationErrorOptions::validate() const {
    drr::require(max_pairs >= 1, "max_pairs must be at least 1");
    drr::require(claim.covariance.size() == 0 || claim.derivatives,
                 "a claim needs the derivatives by its parameters");
}

CalibrationError::CalibrationError(const std::array<drr::CalibratedView, 2>& views,
                                   std::span<const PixelPair> pairs,
                                   const CalibrationErrorOptions& options)
    : views_(views), claim_(options.claim) {
    options.validate();
    const Eigen::Matrix3d f = fundamental_from_views(views[0], views[1]);
    std::vector<double> distances;
    std::vector<double> detection_px2;
    for (const std::size_t i : evenly_drawn(pairs.size(), options.max_pairs)) {
        const auto& [a, b] = pairs[i];
        const Triangulation point = triangulate(views, pairs[i]);
        if (!point.ok) continue;
        Eigen::Vector4d across;
        across << (f.transpose() * b.pixel.homogeneous()).head<2>(),
            (f * a.pixel.homogeneous()).head<2>();
        across.normalize();
        places_.push_back(place_of(point.point_in_world_mm));
        across_.push_back(across);
        distances.push_back(sampson_distance_px(f, a.pixel, b.pixel));
        detection_px2.push_back(across.head<2>().dot(a.covariance_px2 * across.head<2>()) +
                                across.tail<2>().dot(b.covariance_px2 * across.tail<2>()));
    }
    if (places_.empty()) return;

    const auto n = static_cast<Eigen::Index>(places_.size());
    EpipolarDistances known;
    known.px = Eigen::Map<const Eigen::VectorXd>(distances.data(), n);
    known.claimed_px2 = Eigen::MatrixXd::Zero(n, n);
    known.detected_px2 = Eigen::Map<const Eigen::VectorXd>(detection_px2.data(), n);
    for (std::size_t v = 0; v < 2; ++v)
        known.apart_px2[v] = known.shared[v] = Eigen::MatrixXd(n, n);
    for (Eigen::Index i = 0; i < n; ++i)
        for (Eigen::Index j = 0; j < n; ++j) {
            const auto at_i = static_cast<std::size_t>(i);
            const auto at_j = static_cast<std::size_t>(j);
            known.claimed_px2(i, j) +=
                across_[at_i].dot(prior_px2(places_[at_i], places_[at_j]) * across_[at_j]);
            for (std::size_t v = 0; v < 2; ++v) {
                const auto part = static_cast<Eigen::Index>(2 * v);
                known.apart_px2[v](i, j) =
                    (places_[at_i].pixel[v] - places_[at_j].pixel[v]).squaredNorm();
                known.shared[v](i, j) =
                    across_[at_i].segment<2>(part).dot(across_[at_j].segment<2>(part));
            }
        }
    unclaimed_ = most_likely_unclaimed_error(
        known, field_length * 0.5 * double(views[0].width_px + views[1].width_px));
    if (unclaimed_.field_sd_px < negligible_px) unclaimed_.field_sd_px = 0.0;
    if (unclaimed_.local_sd_px < negligible_px) unclaimed_.local_sd_px = 0.0;

    Eigen::MatrixXd covariance = known.claimed_px2;
    for (std::size_t v = 0; v < 2; ++v)
        covariance.array() += std::pow(unclaimed_.field_sd_px, 2) * known.shared[v].array() *
                              known.apart_px2[v].array().unaryExpr([&](double apart_px2) {
                                  return field_correlation(apart_px2, unclaimed_.field_length_px);
                              });
    covariance.diagonal() += std::pow(unclaimed_.detection_factor, 2) * known.detected_px2;
    covariance.diagonal().array() += std::pow(unclaimed_.local_sd_px, 2);
    covariance_.compute(covariance);
    weighed_ = covariance_.solve(known.px);
    double squares = 0.0;
    for (const Place& place : places_)
        squares += prior_px2(place, place).trace() / 4.0;
    total_sd_px_ =
        std::sqrt(squares / static_cast<double>(n) + std::pow(unclaimed_.local_sd_px, 2));
}

CalibrationError::Place CalibrationError::place_of(const Eigen::Vector3d& point_in_world_mm) const {
    Place place{{views_[0].project(point_in_world_mm), views_[1].project(point_in_world_mm)}, {}};
    if (claim_.covariance.size() > 0) place.by_parameters = claim_.derivatives(point_in_world_mm);
    return place;
}

Eigen::Matrix4d CalibrationError::prior_px2(const Place& a, const Place& b) const {
    Eigen::Matrix4d covariance = Eigen::Matrix4d::Zero();
    if (claim_.covariance.size() > 0)
        covariance = a.by_parameters * claim_.covariance * b.by_parameters.transpose();
    if (unclaimed_.field_sd_px > 0.0)
        for (std::size_t v = 0; v < 2; ++v)
            covariance.diagonal().segment<2>(static_cast<Eigen::Index>(2 * v)).array() +=
                std::pow(unclaimed_.field_sd_px, 2) *
                field_correlation((a.pixel[v] - b.pixel[v]).squaredNorm(),
                                  unclaimed_.field_length_px);
    return covariance;
}

// Covariance of the distances that were seen with the errors at a place.
Eigen::MatrixX4d CalibrationError::with_distances(const Place& place) const {
    Eigen::MatrixX4d result(static_cast<Eigen::Index>(places_.size()), 4);
    for (std::size_t i = 0; i < places_.size(); ++i)
        result.row(static_cast<Eigen::Index>(i)) =
            across_[i].transpose() * prior_px2(places_[i], place);
    return result;
}

Eigen::Vector4d CalibrationError::mean_px(const Eigen::Vector3d& point_in_world_mm) const {
    if (places_.empty()) return Eigen::Vector4d::Zero();
    return with_distances(place_of(point_in_world_mm)).transpose() * weighed_;
}

Eigen::Matrix4d CalibrationError::covariance_px2(const Eigen::Vector3d& point_in_world_mm) const {
    return covariance_px2(std::span(&point_in_world_mm, 1));
}

Eigen::MatrixXd CalibrationError::covariance_px2(
    std::span<const Eigen::Vector3d> points_in_world_mm) const {
    const auto size = static_cast<Eigen::Index>(4 * points_in_world_mm.size());
    Eigen::MatrixXd result = Eigen::MatrixXd::Zero(size, size);
    if (places_.empty()) return result;
    std::vector<Place> at;
    Eigen::MatrixXd whitened(static_cast<Eigen::Index>(places_.size()), size);
    for (const Eigen::Vector3d& point : points_in_world_mm) {
        whitened.middleCols<4>(static_cast<Eigen::Index>(4 * at.size())) =
            with_distances(place_of(point));
        at.push_back(place_of(point));
    }
    covariance_.matrixL().solveInPlace(whitened);
    for (std::size_t i = 0; i < at.size(); ++i)
        for (std::size_t j = 0; j < at.size(); ++j)
            result.block<4, 4>(static_cast<Eigen::Index>(4 * i), static_cast<Eigen::Index>(4 * j)) =
                prior_px2(at[i], at[j]);
    result.noalias() -= whitened.transpose() * whitened;
    return result;
}

MeasuredPixel CalibrationError::corrected(const MeasuredPixel& pixel, std::size_t view,
                                          const Eigen::Vector3d& point_in_world_mm) const {
    MeasuredPixel result = pixel;
    result.pixel -= mean_px(point_in_world_mm).segment<2>(static_cast<Eigen::Index>(2 * view));
    result.covariance_px2 *= std::pow(unclaimed_.detection_factor, 2);
    result.covariance_px2.diagonal().array() += std::pow(unclaimed_.local_sd_px, 2);
    return result;
}

PixelPair CalibrationError::corrected(const PixelPair& pair,
                                      const Eigen::Vector3d& point_in_world_mm) const {
    return {corrected(pair[0], 0, point_in_world_mm), corrected(pair[1], 1, point_in_world_mm)};
}

}  // namespace stereo
