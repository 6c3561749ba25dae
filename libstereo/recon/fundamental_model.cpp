#include <drr/geometry/decompositions.hpp>
#include <stereo/recon/fundamental_model.hpp>
#include <stereo/recon/match_correction.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stereo {
namespace {

// Upper tail of chi-squared with 3 degrees of freedom.
double chi_squared_3_tail(double x) {
    return x <= 0.0 ? 1.0
                    : std::erfc(std::sqrt(0.5 * x)) +
                          std::sqrt(2.0 * x / std::numbers::pi) * std::exp(-0.5 * x);
}

ModelScore score(const FundamentalFit& fit, int parameters, double variance,
                 std::span<const MeasuredPixel> a, std::span<const MeasuredPixel> b) {
    ModelScore s;
    s.parameters = parameters;
    // Torr's bound of a residual: a match is four numbers, its structure three, so that an outlier
    // costs lambda3 (4 - 3) with lambda3 = 2.
    constexpr double bound = 2.0;
    double robust = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double squared =
            std::pow(correct_match(fit.fundamental, a[i], b[i]).distance, 2.0) / variance;
        s.cost += squared;
        robust += std::min(squared, bound);
    }
    const auto n = static_cast<double>(a.size());
    s.aic = s.cost + 2.0 * parameters;
    s.bic = s.cost + parameters * std::log(n);
    s.gric = robust + parameters * std::log(4.0 * n);
    return s;
}

// Of the homogeneous null vector of F (or of its transpose): direction and inverse distance.
Eigen::Vector2d of_null_vector(const Eigen::Matrix3d& f, const Eigen::Vector2d& from_px,
                               double near_rad) {
    // Pixels about `from_px` in units of a thousand: numbers of the size of one.
    constexpr double unit_px = 1000.0;
    Eigen::Matrix3d pixel_from_local = Eigen::Matrix3d::Identity();
    pixel_from_local.topLeftCorner<2, 2>() *= unit_px;
    pixel_from_local.topRightCorner<2, 1>() = from_px;
    Eigen::Vector3d e = drr::svd_of(f * pixel_from_local).v.col(2);
    if (e.x() * std::cos(near_rad) + e.y() * std::sin(near_rad) < 0.0) e = -e;
    double angle = std::atan2(e.y(), e.x());
    // No jump at the cut next to the direction that is asked about.
    while (angle > near_rad + std::numbers::pi)
        angle -= 2.0 * std::numbers::pi;
    while (angle < near_rad - std::numbers::pi)
        angle += 2.0 * std::numbers::pi;
    return {angle, e.z() / (unit_px * e.head<2>().norm())};
}

Epipole epipole(const FundamentalFit& fit, const Eigen::Vector2d& from_px, bool in_b) {
    const auto matrix = [in_b](const Eigen::Matrix3d& f) -> Eigen::Matrix3d {
        return in_b ? Eigen::Matrix3d(f.transpose()) : f;
    };
    const Eigen::Vector2d value = of_null_vector(matrix(fit.fundamental), from_px, 0.0);
    Epipole result;
    result.direction_rad = value[0];
    result.inverse_distance_per_px = value[1];
    if (fit.root.size() == 0) return result;
    const Eigen::MatrixXd covariance =
        propagate(fit, [&](const Eigen::Matrix3d& f) -> Eigen::VectorXd {
            return of_null_vector(matrix(f), from_px, value[0]);
        });
    result.direction_sd_rad = std::sqrt(covariance(0, 0));
    result.inverse_distance_sd_per_px = std::sqrt(covariance(1, 1));
    return result;
}

}  // namespace

FundamentalModelChoice choose_fundamental_model(const Eigen::Matrix3d& start,
                                                std::span<const MeasuredPixel> a,
                                                std::span<const MeasuredPixel> b,
                                                const FundamentalFitOptions& options) {
    FundamentalModelChoice choice;
    choice.full = fit_fundamental(start, a, b, options);
    choice.affine = fit_affine_fundamental(a, b, options);
    choice.ok = choice.full.ok && choice.affine.ok;
    if (!choice.ok) return choice;
    const double variance = options.noise_known ? 1.0 : std::pow(choice.full.sigma0, 2.0);
    choice.of_full = score(choice.full, 7, variance, a, b);
    choice.of_affine = score(choice.affine, 4, variance, a, b);
    choice.likelihood_ratio = choice.of_affine.cost - choice.of_full.cost;
    choice.p_value = chi_squared_3_tail(choice.likelihood_ratio);
    choice.affine_is_enough = choice.of_affine.bic < choice.of_full.bic;
    return choice;
}

Epipole epipole_in_a(const FundamentalFit& fit, const Eigen::Vector2d& from_px) {
    return epipole(fit, from_px, false);
}

Epipole epipole_in_b(const FundamentalFit& fit, const Eigen::Vector2d& from_px) {
    return epipole(fit, from_px, true);
}

double epipolar_line_sd_px(const FundamentalFit& fit, const Eigen::Vector2d& a,
                           const Eigen::Vector2d& b) {
    // The foot of b on the line: there the distance is linear in F with no second-order part.
    const Eigen::Vector3d line = fit.fundamental * a.homogeneous();
    const double norm = line.head<2>().norm();
    const Eigen::Vector2d foot = b - line.dot(b.homogeneous()) / (norm * norm) * line.head<2>();
    const Eigen::Vector3d in_a = a.homogeneous();
    const Eigen::Vector3d in_b = foot.homogeneous();
    const Eigen::Matrix<double, 3, 3, Eigen::RowMajor> gradient = in_b * in_a.transpose() / norm;
    return (fit.root.transpose() * Eigen::Map<const Eigen::Matrix<double, 9, 1>>(gradient.data()))
        .norm();
}

}  // namespace stereo
