#include "first_look.hpp"

#include "look_columns.hpp"

#include <drr/core/parallel.hpp>
#include <drr/core/product_sums.hpp>
#include <stereo/detect/shadow_profile.hpp>

#include <Eigen/Cholesky>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace stereo {
namespace {

// Radii over that of the scale: the response is flat enough to be half an octave off.
constexpr std::array<double, 6> radius_steps = {0.7, 0.82, 0.95, 1.1, 1.27, 1.5};
// Shadows are between a half circle (faint) and a disc (opaque).
constexpr std::array<double, 2> attenuations = {0.5, 3.0};
// Sharper than most images, which the radius makes up for; at least the reduced pixel's aperture.
constexpr double blur_radii = 0.15;
constexpr double least_blur_px = 0.45;
constexpr int parameters = 6;
constexpr int depth = 3;  // among them

using Vector = Eigen::Matrix<double, parameters, 1>;
using Matrix = Eigen::Matrix<double, parameters, parameters>;

struct Template {
    double radius = 0.0;  // reduced px
    ShadowProfile profile;
};

std::vector<Template> templates_of(const ContrastScale& scale) {
    std::vector<Template> templates;
    for (const double attenuation : attenuations)
        for (const double step : radius_steps) {
            const double radius = step * scale.radius_px;
            templates.push_back(
                {radius,
                 ShadowProfile(radius, std::max(least_blur_px, blur_radii * radius), attenuation)});
        }
    return templates;
}

/// The pixels around a candidate, and room for the columns of a match.
struct Surroundings {
    std::vector<double> x, y, grey, rho;
    double level = 0.0;  // the mean grey, which is taken off
    std::vector<double> columns;

    [[nodiscard]] LookPixels pixels() const {
        return {x.data(), y.data(), grey.data(), rho.data(), x.size()};
    }
};

struct Match {
    Vector solution = Vector::Zero();
    double square = 0.0;  // of the residuals
    double count = 0.0;
    double information = 0.0;  // of the shadow's place along an axis, for a depth and noise of 1
    bool solved = false;
};

Match match(const Surroundings& near) {
    Match result;
    std::array<double, look::columns * look::columns> sums;
    drr::product_sums({near.columns.data(), near.x.size(), near.x.size(), look::columns},
                      sums.data());
    const Eigen::Map<const Eigen::Matrix<double, parameters + 1, parameters + 1, Eigen::RowMajor>>
        products(sums.data());
    const Matrix normal =
        products.bottomRightCorner<parameters, parameters>().selfadjointView<Eigen::Lower>();
    const Vector right = products.col(0).tail<parameters>();
    result.count = normal(0, 0);
    if (result.count < 2 * parameters) return result;
    result.solution = normal.ldlt().solve(right);
    result.information = 0.5 * (normal(depth + 1, depth + 1) + normal(depth + 2, depth + 2));
    result.square = std::max(0.0, products(0, 0) - right.dot(result.solution));
    result.solved = result.solution.allFinite();
    return result;
}

Surroundings surroundings(const ContrastScale& scale, double x, double y, double reach) {
    const drr::Image<float>& image = *scale.reduced;
    Surroundings result;
    const int first_row = std::max(0, static_cast<int>(std::ceil(y - reach)));
    const int last_row = std::min(image.height() - 1, static_cast<int>(y + reach));
    const int first_column = std::max(0, static_cast<int>(std::ceil(x - reach)));
    const int last_column = std::min(image.width() - 1, static_cast<int>(x + reach));
    for (int row = first_row; row <= last_row; ++row)
        for (int column = first_column; column <= last_column; ++column) {
            const double dx = column - x;
            const double dy = row - y;
            const double rho = std::sqrt(dx * dx + dy * dy);
            if (rho > reach) continue;
            result.x.push_back(dx);
            result.y.push_back(dy);
            result.rho.push_back(rho);
            result.grey.push_back(image(column, row));
            result.level += image(column, row);
        }
    result.level /= static_cast<double>(std::max<std::size_t>(1, result.x.size()));
    for (double& grey : result.grey)
        grey -= result.level;
    const std::size_t padded = padded_count(result.x.size());
    for (std::vector<double>* property : {&result.x, &result.y, &result.grey})
        property->resize(padded, 0.0);
    result.rho.resize(padded, std::numeric_limits<double>::infinity());
    result.columns.resize(look::columns * padded);
    return result;
}

double reach_of(double radius, const FirstLookOptions& options) {
    return options.reach_radii * radius + 1.0;
}

/// The match with one template, once more without neighbours where there are some.
Match match_without_neighbours(Surroundings& near, const Template& with,
                               const FirstLookOptions& options) {
    look_columns(with.profile.table(), near.pixels(), reach_of(with.radius, options),
                 near.columns.data());
    const Match all = match(near);
    if (!all.solved || all.solution[depth] <= 0.0) return {};
    const RimPixels rim =
        leave_dark_out(near.pixels(), all.solution.data(), with.radius,
                       options.neighbour_depth * all.solution[depth], near.columns.data());
    if (rim.dark == 0.0) return all;
    if (rim.all - rim.dark < options.min_rim_share * rim.all) return {};
    const Match rest = match(near);
    return rest.solution[depth] > 0.0 ? rest : Match{};
}

FirstLook look_at_one(const ContrastScale& scale, const std::vector<Template>& templates,
                      const BeadCandidate& candidate, const GreyNoise& noise,
                      const FirstLookOptions& options) {
    const double x = scale.reduced_px(candidate.center_px.x());
    const double y = scale.reduced_px(candidate.center_px.y());
    Surroundings near =
        surroundings(scale, x, y, reach_of(scale.radius_px * radius_steps.back(), options));
    // The mean of the pixels that make a reduced one, whose noise is correlated.
    const double pixels = scale.reduction * scale.reduction;
    const double noise2 = noise.variance(near.level) *
                          std::min(1.0, noise.correlation.low_frequency_power() / pixels);
    FirstLook best;
    best.center_px = candidate.center_px;
    best.radius_px = candidate.radius_px;
    for (const Template& with : templates) {
        const Match found = match_without_neighbours(near, with, options);
        const double background = near.level + found.solution[0];
        if (!found.solved || !(background > 0.0)) continue;
        const double shadow = found.solution[depth] * with.profile.at(0.0).value;
        const double excess = std::max(0.0, found.square / found.count - noise2);
        const double relative = std::sqrt(excess) / shadow;
        if (relative >= best.relative_residual) continue;
        best.relative_residual = relative;
        const double noise_sd = std::sqrt(found.square / found.count);
        best.center_sd_px =
            scale.reduction * noise_sd / (found.solution[depth] * std::sqrt(found.information));
        best.radius_px = with.radius * scale.reduction;
        best.contrast = std::min(1.0, shadow / background);
        const Eigen::Vector2d moved = found.solution.tail<2>() / found.solution[depth];
        const double limit = with.radius / std::max(with.radius, moved.norm());
        best.center_px = {scale.full_px(x + limit * moved.x()),
                          scale.full_px(y + limit * moved.y())};
    }
    return best;
}

}  // namespace

std::vector<FirstLook> look_at(const ScaleSpace& space, std::span<const BeadCandidate> candidates,
                               const GreyNoise& noise, const FirstLookOptions& options) {
    std::vector<std::vector<Template>> templates(space.scales.size());
    for (const BeadCandidate& candidate : candidates)
        if (templates[candidate.scale].empty())
            templates[candidate.scale] = templates_of(space.scales[candidate.scale]);
    std::vector<FirstLook> looks(candidates.size());
    drr::parallel_for(candidates.size(), [&](std::size_t i) {
        const std::size_t scale = candidates[i].scale;
        looks[i] =
            look_at_one(space.scales[scale], templates[scale], candidates[i], noise, options);
    });
    return looks;
}

}  // namespace stereo
