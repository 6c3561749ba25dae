#include "series.hpp"

#include <drr/core/error.hpp>

#include <Eigen/Cholesky>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace stereo {
namespace {

// Parameters differ by orders of magnitude; all members share one scale, their first one's standard
// deviations, in which matrices can be inverted.
Eigen::MatrixXd inverse_of(const Eigen::MatrixXd& matrix) {
    const Eigen::LLT<Eigen::MatrixXd> factor(matrix);
    drr::require(factor.info() == Eigen::Success, "a covariance is not positive definite");
    return factor.solve(Eigen::MatrixXd::Identity(matrix.rows(), matrix.cols()));
}

// Straight lines by generalized least squares, times about their middle.
void fit_trends(const std::vector<Eigen::MatrixXd>& information,
                const std::vector<Eigen::VectorXd>& scaled, const Eigen::VectorXd& scale,
                Drift& drift) {
    const Eigen::Index n = scale.size();
    double middle = 0.0;
    for (const auto& item : drift.items)
        middle += item.time / static_cast<double>(drift.items.size());
    Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(2 * n, 2 * n);
    Eigen::VectorXd right = Eigen::VectorXd::Zero(2 * n);
    for (std::size_t i = 0; i < scaled.size(); ++i) {
        const double t = drift.items[i].time - middle;
        const Eigen::VectorXd weighted = information[i] * scaled[i];
        normal.topLeftCorner(n, n) += information[i];
        normal.topRightCorner(n, n) += t * information[i];
        normal.bottomLeftCorner(n, n) += t * information[i];
        normal.bottomRightCorner(n, n) += t * t * information[i];
        right.head(n) += weighted;
        right.tail(n) += t * weighted;
    }
    const Eigen::MatrixXd covariance = inverse_of(normal).bottomRightCorner(n, n);
    const Eigen::VectorXd slope = (inverse_of(normal) * right).tail(n);
    drift.trend = significance_of(slope, covariance);
    for (Eigen::Index k = 0; k < n; ++k) {
        const double sd = std::sqrt(covariance(k, k));
        drift.trends.push_back({drift.names[static_cast<std::size_t>(k)], scale[k] * slope[k],
                                scale[k] * sd,
                                std::erfc(std::abs(slope[k]) / sd / std::sqrt(2.0))});
    }
}

}  // namespace

std::vector<double> checked_times(std::span<const double> times, std::size_t count) {
    drr::require(count >= 2, "a series needs two members or more");
    std::vector<double> result(times.begin(), times.end());
    if (result.empty()) {
        result.resize(count);
        std::iota(result.begin(), result.end(), 0.0);
    }
    drr::require(result.size() == count, "a series needs one time for each member");
    const auto [least, most] = std::minmax_element(result.begin(), result.end());
    drr::require(*most > *least, "the times of a series are all the same");
    return result;
}

Drift drift_of_series(std::vector<std::string> names, const std::vector<SeriesMember>& members,
                      const std::vector<double>& times) {
    Drift drift;
    drift.names = std::move(names);
    const Eigen::VectorXd scale = members[0].covariance.diagonal().cwiseSqrt();
    const Eigen::VectorXd inverse_scale = scale.cwiseInverse();
    const Eigen::Index n = scale.size();
    std::vector<Eigen::MatrixXd> information;
    std::vector<Eigen::VectorXd> scaled;
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(n, n);
    Eigen::VectorXd right = Eigen::VectorXd::Zero(n);
    for (const auto& member : members) {
        information.push_back(inverse_of(inverse_scale.asDiagonal() * member.covariance *
                                         inverse_scale.asDiagonal()));
        // About the first: parameters are large beside their changes.
        scaled.push_back(inverse_scale.cwiseProduct(member.values - members[0].values));
        sum += information.back();
        right += information.back() * scaled.back();
    }
    const Eigen::MatrixXd mean_covariance = inverse_of(sum);
    const Eigen::VectorXd mean = mean_covariance * right;
    drift.mean = members[0].values + scale.cwiseProduct(mean);
    drift.mean_sd = scale.cwiseProduct(mean_covariance.diagonal().cwiseSqrt());
    double chi_square = 0.0;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const Eigen::VectorXd from_mean = scaled[i] - mean;
        chi_square += from_mean.dot(information[i] * from_mean);
        const Eigen::MatrixXd of_others = inverse_of(sum - information[i]);
        const Eigen::VectorXd others = of_others * (right - information[i] * scaled[i]);
        const Eigen::MatrixXd covariance = of_others + inverse_of(information[i]);
        drift.items.push_back({times[i], scale.cwiseProduct(scaled[i] - others),
                               scale.cwiseProduct(covariance.diagonal().cwiseSqrt()),
                               significance_of(scaled[i] - others, covariance)});
    }
    drift.stable =
        significance_of(chi_square, static_cast<int>(n) * (static_cast<int>(members.size()) - 1));
    fit_trends(information, scaled, scale, drift);
    return drift;
}

std::string summary_of(const Drift& drift) {
    return fmt::format(
        "{} members; no change at all: p = {:.2g} ({:.1f} standard deviations); no trend: p = "
        "{:.2g} ({:.1f} standard deviations)",
        drift.items.size(), drift.stable.p_value, drift.stable.sigmas(), drift.trend.p_value,
        drift.trend.sigmas());
}

Drift calibration_drift(std::span<const Calibration> calibrations, std::span<const double> times) {
    const std::vector<double> at = checked_times(times, calibrations.size());
    const auto parameters = rig_parameters(calibrations);
    std::vector<SeriesMember> members;
    for (const auto& one : parameters)
        members.push_back({one.values, one.covariance});
    Drift drift = drift_of_series(parameters[0].names, members, at);
    drift.summary = summary_of(drift);
    return drift;
}

}  // namespace stereo
