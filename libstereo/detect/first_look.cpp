#include "first_look.hpp"

#include <drr/core/parallel.hpp>
#include <stereo/detect/shadow_profile.hpp>

#include <Eigen/Cholesky>

#include <algorithm>
#include <array>
#include <cmath>
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

struct Pixel {
    double x = 0.0, y = 0.0, grey = 0.0, rho = 0.0;
};

struct Match {
    Vector solution = Vector::Zero();
    double square = 0.0;  // of the residuals
    std::size_t count = 0;
    double information = 0.0;  // of the shadow's place along an axis, for a depth and noise of 1
    bool solved = false;
};

/// The terms of the model at a pixel; the shadow's are negative.
Vector terms(const Pixel& pixel, const ShadowProfile::Sample& shadow) {
    const double slope = pixel.rho > 1e-9 ? shadow.d_rho / pixel.rho : 0.0;
    Vector t;
    t << 1.0, pixel.x, pixel.y, -shadow.value, slope * pixel.x, slope * pixel.y;
    return t;
}

Match match(const std::vector<Pixel>& pixels, const std::vector<bool>& left_out,
            const ShadowProfile& profile, double reach) {
    Match result;
    Matrix normal = Matrix::Zero();
    Vector right = Vector::Zero();
    double total = 0.0;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        if (pixels[i].rho > reach || left_out[i]) continue;
        const Vector t = terms(pixels[i], profile.at(pixels[i].rho));
        normal.noalias() += t * t.transpose();
        right += pixels[i].grey * t;
        total += pixels[i].grey * pixels[i].grey;
        ++result.count;
    }
    if (result.count < 2 * parameters) return result;
    result.solution = normal.ldlt().solve(right);
    result.information = 0.5 * (normal(depth + 1, depth + 1) + normal(depth + 2, depth + 2));
    result.square = std::max(0.0, total - right.dot(result.solution));
    result.solved = result.solution.allFinite();
    return result;
}

struct Surroundings {
    std::vector<Pixel> pixels;
    double level = 0.0;  // the mean grey, which is taken off
};

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
            const double rho = std::hypot(dx, dy);
            if (rho > reach) continue;
            result.pixels.push_back({dx, dy, image(column, row), rho});
            result.level += image(column, row);
        }
    result.level /= static_cast<double>(std::max<std::size_t>(1, result.pixels.size()));
    for (Pixel& pixel : result.pixels)
        pixel.grey -= result.level;
    return result;
}

double reach_of(double radius, const FirstLookOptions& options) {
    return options.reach_radii * radius + 1.0;
}

/// The match with one template, once more without neighbours where there are some.
Match match_without_neighbours(const std::vector<Pixel>& pixels, const Template& with,
                               const FirstLookOptions& options) {
    const double reach = reach_of(with.radius, options);
    std::vector<bool> left_out(pixels.size(), false);
    const Match all = match(pixels, left_out, with.profile, reach);
    if (!all.solved || all.solution[depth] <= 0.0) return {};
    std::size_t rim = 0;
    std::size_t dark = 0;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        const Pixel& pixel = pixels[i];
        if (pixel.rho > reach || pixel.rho < with.radius) continue;
        ++rim;
        const double residual =
            pixel.grey - all.solution.dot(terms(pixel, with.profile.at(pixel.rho)));
        left_out[i] = residual < -options.neighbour_depth * all.solution[depth];
        dark += left_out[i] ? 1 : 0;
    }
    if (dark == 0) return all;
    if (static_cast<double>(rim - dark) < options.min_rim_share * static_cast<double>(rim))
        return {};
    const Match rest = match(pixels, left_out, with.profile, reach);
    return rest.solution[depth] > 0.0 ? rest : Match{};
}

FirstLook look_at_one(const ContrastScale& scale, const std::vector<Template>& templates,
                      const BeadCandidate& candidate, const GreyNoise& noise,
                      const FirstLookOptions& options) {
    const double x = scale.reduced_px(candidate.center_px.x());
    const double y = scale.reduced_px(candidate.center_px.y());
    const Surroundings near =
        surroundings(scale, x, y, reach_of(scale.radius_px * radius_steps.back(), options));
    // The mean of the pixels that make a reduced one, whose noise is correlated.
    const double pixels = scale.reduction * scale.reduction;
    const double noise2 = noise.variance(near.level) *
                          std::min(1.0, noise.correlation.low_frequency_power() / pixels);
    FirstLook best;
    best.center_px = candidate.center_px;
    best.radius_px = candidate.radius_px;
    for (const Template& with : templates) {
        const Match found = match_without_neighbours(near.pixels, with, options);
        const double background = near.level + found.solution[0];
        if (!found.solved || !(background > 0.0)) continue;
        const double shadow = found.solution[depth] * with.profile.at(0.0).value;
        const double excess =
            std::max(0.0, found.square / static_cast<double>(found.count) - noise2);
        const double relative = std::sqrt(excess) / shadow;
        if (relative >= best.relative_residual) continue;
        best.relative_residual = relative;
        const double noise_sd = std::sqrt(found.square / static_cast<double>(found.count));
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
