#include "fit_window.hpp"

#include <stereo/detect/localize.hpp>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace stereo {
namespace {

using Place = std::optional<Eigen::Vector2d>;

constexpr int max_steps = 50;
constexpr double tolerance_px = 1e-5;
// The blurred shadow ends, for what is summed over it, at so many blurs beyond its rim.
constexpr double shadow_blurs = 2.0;
constexpr int rays = 64;
constexpr double ray_step_px = 0.25;

struct Patch {
    std::vector<Eigen::Vector2d> at;
    std::vector<double> darkening;  // level minus grey
};

Patch patch(const drr::Image<float>& image, const Eigen::Vector2d& center, double radius,
            double level) {
    Patch result;
    for (int y = std::max(0, static_cast<int>(std::ceil(center.y() - radius)));
         y <= std::min(image.height() - 1, static_cast<int>(std::floor(center.y() + radius))); ++y)
        for (int x = std::max(0, static_cast<int>(std::ceil(center.x() - radius)));
             x <= std::min(image.width() - 1, static_cast<int>(std::floor(center.x() + radius)));
             ++x) {
            const Eigen::Vector2d at(x, y);
            if ((at - center).squaredNorm() >= radius * radius) continue;
            result.at.push_back(at);
            result.darkening.push_back(level - image(x, y));
        }
    return result;
}

double ring_level(const drr::Image<float>& image, const BeadShadow& start,
                  const BeadFitOptions& options) {
    const Eigen::Vector2d origin = start.center_px.array().round();
    BeadShadow bead = start;
    bead.center_px -= origin;
    FitWindow window;
    gather(image, {&bead, 1}, origin, options.blur_px, FitReach::wide, {}, options, window);
    return level_outside(window, {&bead, 1}, shadow_blurs * options.blur_px);
}

Place centroid(const drr::Image<float>& image, const BeadShadow& start, double level, double blur) {
    Eigen::Vector2d center = start.center_px;
    // The window follows the centroid until it rests (or alternates between two sets of pixels).
    for (int step = 0; step < max_steps; ++step) {
        const Patch pixels = patch(image, center, start.radius_px + shadow_blurs * blur, level);
        Eigen::Vector2d sum = Eigen::Vector2d::Zero();
        double mass = 0.0;
        for (std::size_t i = 0; i < pixels.at.size(); ++i) {
            sum += pixels.darkening[i] * pixels.at[i];
            mass += pixels.darkening[i];
        }
        if (!(mass > 0.0)) return std::nullopt;
        const Eigen::Vector2d next = sum / mass;
        if (!((next - start.center_px).norm() < start.radius_px + 1.0)) return std::nullopt;
        const bool rests = (next - center).norm() < tolerance_px;
        center = next;
        if (rests) break;
    }
    return center;
}

/// Gauss-Newton with step halving for a + h exp(-|x - c|^2 / (2 s^2)).
Place gaussian(const drr::Image<float>& image, const BeadShadow& start, double level, double blur) {
    const Patch pixels =
        patch(image, start.center_px, start.radius_px + shadow_blurs * blur, level);
    if (pixels.at.size() < 10) return std::nullopt;
    using Five = Eigen::Matrix<double, 5, 1>;  // x, y, height, ln s, level
    Five p;
    p << start.center_px, level * (1.0 - std::exp(-start.attenuation)),
        std::log(0.6 * start.radius_px + 0.5 * blur), 0.0;
    const auto cost = [&](const Five& q, Eigen::Matrix<double, 5, 5>* hessian, Five* gradient) {
        double sum = 0.0;
        const double inverse = std::exp(-2.0 * q[3]);
        for (std::size_t i = 0; i < pixels.at.size(); ++i) {
            const Eigen::Vector2d d = pixels.at[i] - q.head<2>();
            const double u = d.squaredNorm() * inverse;
            const double e = std::exp(-0.5 * u);
            const double r = pixels.darkening[i] - q[4] - q[2] * e;
            sum += r * r;
            if (hessian == nullptr) continue;
            Five j;
            j << q[2] * e * inverse * d, e, q[2] * e * u, 1.0;
            *hessian += j * j.transpose();
            *gradient += j * r;
        }
        return sum;
    };
    for (int step = 0; step < max_steps; ++step) {
        Eigen::Matrix<double, 5, 5> hessian = Eigen::Matrix<double, 5, 5>::Zero();
        Five gradient = Five::Zero();
        const double before = cost(p, &hessian, &gradient);
        Five change = hessian.ldlt().solve(gradient);
        change[3] = std::clamp(change[3], -0.5, 0.5);
        while (change.head<2>().norm() > tolerance_px &&
               !(cost(p + change, nullptr, nullptr) < before))
            change *= 0.5;
        p += change;
        if (!((p.head<2>() - start.center_px).norm() < start.radius_px + 1.0)) return std::nullopt;
        if (change.head<2>().norm() <= tolerance_px) return Eigen::Vector2d(p.head<2>());
    }
    return std::nullopt;
}

Place quartic(const drr::Image<float>& image, const BeadShadow& start, double level, double blur) {
    constexpr int order = 4;
    constexpr int terms = (order + 1) * (order + 2) / 2;
    const double reach = quartic_peak_radii * start.radius_px + blur;
    const Patch pixels = patch(image, start.center_px, reach, level);
    if (pixels.at.size() <= terms) return std::nullopt;
    Eigen::MatrixXd design(static_cast<Eigen::Index>(pixels.at.size()), terms);
    for (Eigen::Index i = 0; i < design.rows(); ++i) {
        const Eigen::Vector2d d =
            (pixels.at[static_cast<std::size_t>(i)] - start.center_px) / reach;
        for (int o = 0, k = 0; o <= order; ++o)
            for (int n = 0; n <= o; ++n, ++k)
                design(i, k) = std::pow(d.x(), o - n) * std::pow(d.y(), n);
    }
    const Eigen::VectorXd c = design.colPivHouseholderQr().solve(
        Eigen::Map<const Eigen::VectorXd>(pixels.darkening.data(), design.rows()));
    Eigen::Vector2d at = Eigen::Vector2d::Zero();
    for (int step = 0; step < max_steps; ++step) {
        Eigen::Vector2d g = Eigen::Vector2d::Zero();
        Eigen::Matrix2d h = Eigen::Matrix2d::Zero();
        const auto power = [](double base, int exponent) {
            return exponent < 0 ? 0.0 : std::pow(base, exponent);
        };
        for (int o = 0, k = 0; o <= order; ++o)
            for (int n = 0; n <= o; ++n, ++k) {
                const int m = o - n;
                g.x() += c[k] * m * power(at.x(), m - 1) * power(at.y(), n);
                g.y() += c[k] * n * power(at.x(), m) * power(at.y(), n - 1);
                h(0, 0) += c[k] * m * (m - 1) * power(at.x(), m - 2) * power(at.y(), n);
                h(1, 1) += c[k] * n * (n - 1) * power(at.x(), m) * power(at.y(), n - 2);
                h(0, 1) += c[k] * m * n * power(at.x(), m - 1) * power(at.y(), n - 1);
            }
        h(1, 0) = h(0, 1);
        const Eigen::Vector2d change = -h.inverse() * g;
        at += change;
        if (!(at.norm() < 1.0)) return std::nullopt;
        if (change.norm() * reach < tolerance_px) return start.center_px + reach * at;
    }
    return std::nullopt;
}

double interpolated(const drr::Image<float>& image, const Eigen::Vector2d& at) {
    const int x = static_cast<int>(std::floor(at.x()));
    const int y = static_cast<int>(std::floor(at.y()));
    const double u = at.x() - x;
    const double v = at.y() - y;
    return (1.0 - v) * ((1.0 - u) * image(x, y) + u * image(x + 1, y)) +
           v * ((1.0 - u) * image(x, y + 1) + u * image(x + 1, y + 1));
}

Place contour(const drr::Image<float>& image, const BeadShadow& start, double level, double blur) {
    const double reach = 1.5 * start.radius_px + shadow_blurs * blur + 1.0;
    const Eigen::Array2d c = start.center_px.array();
    if ((c < reach + 1.0).any() || c.x() > image.width() - reach - 2.0 ||
        c.y() > image.height() - reach - 2.0)
        return std::nullopt;
    const Patch core = patch(image, start.center_px, std::max(1.0, 0.5 * start.radius_px), level);
    double depth = 0.0;
    for (const double d : core.darkening)
        depth += d / static_cast<double>(core.darkening.size());
    const double threshold = level - 0.5 * depth;
    // Algebraic circle: x^2 + y^2 = 2 a x + 2 b y + c (Kasa 1976).
    Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
    Eigen::Vector3d right = Eigen::Vector3d::Zero();
    int points = 0;
    for (int ray = 0; ray < rays; ++ray) {
        const double angle = 2.0 * std::numbers::pi * ray / rays;
        const Eigen::Vector2d along(std::cos(angle), std::sin(angle));
        double last = interpolated(image, start.center_px);
        for (double rho = ray_step_px; rho <= reach; rho += ray_step_px) {
            const double grey = interpolated(image, start.center_px + rho * along);
            if (rho > 0.5 * start.radius_px && last < threshold && grey >= threshold) {
                const double edge = rho - ray_step_px * (grey - threshold) / (grey - last);
                const Eigen::Vector3d row(2.0 * edge * along.x(), 2.0 * edge * along.y(), 1.0);
                normal += row * row.transpose();
                right += row * edge * edge;
                ++points;
                break;
            }
            last = grey;
        }
    }
    if (points < rays / 2) return std::nullopt;
    const Eigen::Vector3d circle = normal.ldlt().solve(right);
    if (!(circle.head<2>().norm() < start.radius_px + 1.0)) return std::nullopt;
    return start.center_px + circle.head<2>();
}

}  // namespace

std::string localization_method_name(LocalizationMethod method) {
    switch (method) {
        case LocalizationMethod::ball_fit:
            return "ball_fit";
        case LocalizationMethod::intensity_centroid:
            return "intensity_centroid";
        case LocalizationMethod::gaussian_peak:
            return "gaussian_peak";
        case LocalizationMethod::quartic_peak:
            return "quartic_peak";
        case LocalizationMethod::contour:
            return "contour";
    }
    return {};
}

LocalizedBead localize_bead(const drr::Image<float>& image, const BeadShadow& start,
                            LocalizationMethod method, const BeadFitOptions& options) {
    if (method == LocalizationMethod::ball_fit) {
        const BeadFit fit = fit_beads(image, {start}, options);
        if (!fit.converged) return {};
        return {fit.beads[0].shadow.center_px, fit.beads[0].covariance_px2, true};
    }
    const double level = ring_level(image, start, options);
    const Place place = [&] {
        switch (method) {
            case LocalizationMethod::intensity_centroid:
                return centroid(image, start, level, options.blur_px);
            case LocalizationMethod::gaussian_peak:
                return gaussian(image, start, level, options.blur_px);
            case LocalizationMethod::quartic_peak:
                return quartic(image, start, level, options.blur_px);
            default:
                return contour(image, start, level, options.blur_px);
        }
    }();
    LocalizedBead result;
    result.converged = place.has_value();
    if (place) result.center_px = *place;
    return result;
}

}  // namespace stereo
