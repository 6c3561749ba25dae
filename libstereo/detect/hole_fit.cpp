#include "hole_fit.hpp"

#include "fit_covariance.hpp"

#include <drr/core/order_statistics.hpp>

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace stereo {
namespace {

// Pixels within this share of the radius beyond it, and at least so many: the rim and some of the
// sheet, but not the next hole.
constexpr double margin_share = 0.5;
constexpr double least_margin_px = 2.5;
constexpr double starting_blur_px = 1.0;
constexpr int max_iterations = 40;
constexpr double converged_px = 1e-4;
constexpr double most_growth = 2.0;
constexpr double most_ellipse = 0.8;
constexpr double least_blur_px = 0.2;  // below an edge of pixels is as sharp as it gets

enum Parameter { cx, cy, log_radius, e1, e2, log_blur, sheet, level, slope_x, slope_y, count };
using Parameters = Eigen::Matrix<double, count, 1>;

struct Pixel {
    int column = 0;
    int row = 0;
    double grey = 0.0;
};

struct Sample {
    double value = 0.0;
    Parameters gradient;
};

/// The model at a pixel; slopes are per starting radius about the starting centre.
Sample model_at(const Parameters& p, const Pixel& pixel, const Eigen::Vector2d& start,
                double start_radius) {
    const double x = pixel.column - p[cx];
    const double y = pixel.row - p[cy];
    const double radius = std::exp(p[log_radius]);
    const double blur = std::exp(p[log_blur]);
    const double ax = (1.0 + p[e1]) * x + p[e2] * y;
    const double ay = (1.0 - p[e1]) * y + p[e2] * x;
    const double q = std::max(std::sqrt(std::max(x * ax + y * ay, 0.0)), 1e-6);
    const double u = (radius - q) / blur;
    const double inside = 0.5 * std::erfc(-u / std::numbers::sqrt2);
    const double density = std::exp(-0.5 * u * u) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    const double sx = (pixel.column - start.x()) / start_radius;
    const double sy = (pixel.row - start.y()) / start_radius;
    const double beam = p[level] + p[slope_x] * sx + p[slope_y] * sy;
    const double passes = p[sheet] + (1.0 - p[sheet]) * inside;
    const double per_q = -beam * (1.0 - p[sheet]) * density / blur;
    Sample s;
    s.value = beam * passes;
    s.gradient[cx] = -per_q * ax / q;
    s.gradient[cy] = -per_q * ay / q;
    s.gradient[log_radius] = -per_q * radius;
    s.gradient[e1] = per_q * (x * x - y * y) / (2.0 * q);
    s.gradient[e2] = per_q * x * y / q;
    s.gradient[log_blur] = per_q * u * blur;
    s.gradient[sheet] = beam * (1.0 - inside);
    s.gradient[level] = passes;
    s.gradient[slope_x] = passes * sx;
    s.gradient[slope_y] = passes * sy;
    return s;
}

class Fit {
  public:
    Fit(const drr::Image<float>& image, const Eigen::Vector2d& center, double radius,
        const GreyNoise& noise, double saturation)
        : start_(center), start_radius_(radius), noise_(noise) {
        const double reach = radius + std::max(least_margin_px, margin_share * radius);
        const int low_v = std::max(0, static_cast<int>(std::ceil(center.y() - reach)));
        const int high_v = std::min(image.height() - 1, static_cast<int>(center.y() + reach));
        const int low_u = std::max(0, static_cast<int>(std::ceil(center.x() - reach)));
        const int high_u = std::min(image.width() - 1, static_cast<int>(center.x() + reach));
        for (int v = low_v; v <= high_v; ++v)
            for (int u = low_u; u <= high_u; ++u) {
                if ((Eigen::Vector2d(u, v) - center).norm() > reach) continue;
                pixels_.push_back({u, v, image(u, v)});
                saturated_ += image(u, v) >= saturation;
            }
    }
    std::optional<FittedHole> run();

  private:
    /// Chi-square for the weights of the model at p.
    [[nodiscard]] double cost(const Parameters& p) const {
        double sum = 0.0;
        for (std::size_t i = 0; i < pixels_.size(); ++i) {
            const double r = pixels_[i].grey - model_at(p, pixels_[i], start_, start_radius_).value;
            sum += r * r * weights_[i];
        }
        return sum;
    }
    [[nodiscard]] Parameters start() const;
    [[nodiscard]] FittedHole result(const Parameters& p) const;

    Eigen::Vector2d start_;
    double start_radius_;
    const GreyNoise& noise_;
    std::vector<Pixel> pixels_;
    std::vector<double> weights_;
    int saturated_ = 0;
};

Parameters Fit::start() const {
    std::vector<double> inner;
    std::vector<double> outer;
    for (const Pixel& pixel : pixels_) {
        const double distance = (Eigen::Vector2d(pixel.column, pixel.row) - start_).norm();
        (distance < start_radius_ ? inner : outer).push_back(pixel.grey);
    }
    Parameters p = Parameters::Zero();
    p[cx] = start_.x();
    p[cy] = start_.y();
    p[log_radius] = std::log(start_radius_);
    p[log_blur] = std::log(starting_blur_px);
    p[level] = inner.empty() ? 1.0 : std::max(drr::median(std::move(inner)), 1e-6);
    p[sheet] = outer.empty() ? 0.5 : drr::median(std::move(outer)) / p[level];
    return p;
}

std::optional<FittedHole> Fit::run() {
    if (pixels_.size() < 4 * static_cast<std::size_t>(count)) return std::nullopt;
    Parameters p = start();
    double damping = 1e-3;
    for (int iteration = 0; iteration < max_iterations; ++iteration) {
        weights_.clear();
        Eigen::Matrix<double, count, count> normal = Eigen::Matrix<double, count, count>::Zero();
        Parameters right = Parameters::Zero();
        double before = 0.0;
        for (const Pixel& pixel : pixels_) {
            const Sample s = model_at(p, pixel, start_, start_radius_);
            const double weight = 1.0 / std::max(noise_.variance(s.value), 1e-12);
            weights_.push_back(weight);
            const double r = pixel.grey - s.value;
            normal.noalias() += weight * s.gradient * s.gradient.transpose();
            right += weight * r * s.gradient;
            before += weight * r * r;
        }
        Parameters step = Parameters::Zero();
        bool better = false;
        for (; !better && damping < 1e8; damping *= 10.0) {
            Eigen::Matrix<double, count, count> damped = normal;
            damped.diagonal() += (damping * normal.diagonal()).cwiseMax(1e-12);
            step = damped.ldlt().solve(right);
            Parameters next = p + step;
            next[log_blur] =
                std::clamp(next[log_blur], std::log(least_blur_px), std::log(start_radius_));
            better = step.allFinite() && std::hypot(next[e1], next[e2]) < most_ellipse &&
                     cost(next) <= before;
            if (better) p = next;
        }
        damping = std::max(damping / 100.0, 1e-9);
        if ((Eigen::Vector2d(p[cx], p[cy]) - start_).norm() > start_radius_ ||
            std::abs(p[log_radius] - std::log(start_radius_)) > std::log(most_growth))
            return std::nullopt;
        if (!better || step.head<2>().norm() < converged_px) return result(p);
    }
    return std::nullopt;
}

FittedHole Fit::result(const Parameters& p) const {
    const auto n = static_cast<Eigen::Index>(pixels_.size());
    Eigen::MatrixXd jacobian(n, count);
    Eigen::VectorXd residuals(n);
    FittedPixels fitted{jacobian, residuals, {}, {}, {}};
    fitted.place.resize(n, 2);
    double squares = 0.0;
    double expected = 0.0;
    for (Eigen::Index i = 0; i < n; ++i) {
        const Pixel& pixel = pixels_[static_cast<std::size_t>(i)];
        const Sample s = model_at(p, pixel, start_, start_radius_);
        const double variance = std::max(noise_.variance(s.value), 1e-12);
        jacobian.row(i) = s.gradient.transpose() / std::sqrt(variance);
        residuals[i] = (pixel.grey - s.value) / std::sqrt(variance);
        fitted.place.row(i) << pixel.column, pixel.row;
        squares += (pixel.grey - s.value) * (pixel.grey - s.value);
        expected += variance;
    }
    fitted.normal = jacobian.transpose() * jacobian;
    fitted.inverse = fitted.normal.ldlt().solve(Eigen::MatrixXd::Identity(count, count));
    const double chi2 = residuals.squaredNorm() / static_cast<double>(n - count);
    FittedHole hole;
    hole.center_px = {p[cx], p[cy]};
    hole.covariance_px2 =
        std::max(1.0, chi2) *
        covariance_under_noise(fitted, fitted.jacobian * fitted.inverse.middleCols<3>(cx),
                               noise_.correlation)
            .topLeftCorner<2, 2>();
    hole.radius_px = std::exp(p[log_radius]);
    hole.blur_px = std::exp(p[log_blur]);
    hole.contrast = 1.0 - p[sheet];
    // Semi-axes r / sqrt(1 -+ e).
    const double e = std::hypot(p[e1], p[e2]);
    const double ratio = std::sqrt((1.0 - e) / (1.0 + e));
    hole.ellipticity = (1.0 - ratio) / (1.0 + ratio);
    const double height = std::abs(p[level] * (1.0 - p[sheet]));
    hole.relative_residual = std::sqrt(std::max(0.0, squares - expected) / static_cast<double>(n)) /
                             std::max(height, 1e-12);
    hole.saturated_pixels = saturated_;
    return hole;
}

}  // namespace

std::optional<FittedHole> fit_hole(const drr::Image<float>& image, const Eigen::Vector2d& center_px,
                                   double radius_px, const GreyNoise& noise, double saturation) {
    return Fit(image, center_px, radius_px, noise, saturation).run();
}

}  // namespace stereo
