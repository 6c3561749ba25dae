#pragma once

#include <drr/core/image.hpp>
#include <drr/core/rng.hpp>
#include <stereo/detect/bead_detector.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

// Radiographs of balls over any background with the truth known, by sampling: independent of the
// library. Transmission at 5 x 5 places around each pixel, weighted by a Gaussian of `blur` px.
namespace test {

struct SceneBall {
    Eigen::Vector2d center_px;
    double radius_px = 0.0;
    double attenuation = 3.0;
};

struct BeadScene {
    int width = 256;
    int height = 256;
    std::vector<SceneBall> balls;
    /// Transmission of everything but the balls at a place, 0 to 1.
    std::function<double(double, double)> background = [](double, double) { return 1.0; };
    /// Whether X-rays reach a place.
    std::function<bool(double, double)> field = [](double, double) { return true; };
    double outside = 0.01;  ///< leakage and scatter, over the open beam
    double blur = 0.6;
    double photons = 10000.0;  ///< a pixel in the open beam
    int bits = 16;
    double open_beam = 0.8;  ///< grey over the largest
    bool inverted = false;   ///< beads bright
};

inline drr::Image<float> rendered(const BeadScene& scene, std::uint64_t seed) {
    constexpr int half = 2;
    std::vector<double> weights;
    double total = 0.0;
    for (int k = -half; k <= half; ++k) {
        weights.push_back(std::exp(-0.5 * k * k));
        total += weights.back();
    }
    // Which balls a row of tiles meets.
    constexpr int tile = 64;
    const int columns = scene.width / tile + 1;
    std::vector<std::vector<const SceneBall*>> near(
        static_cast<std::size_t>(columns * (scene.height / tile + 1)));
    for (const SceneBall& ball : scene.balls) {
        const double reach = ball.radius_px + 3.0 * scene.blur + 1.0;
        const auto first = [&](double at, int size) {
            return std::clamp(static_cast<int>((at - reach) / tile), 0, size / tile);
        };
        const auto last = [&](double at, int size) {
            return std::clamp(static_cast<int>((at + reach) / tile), 0, size / tile);
        };
        for (int y = first(ball.center_px.y(), scene.height);
             y <= last(ball.center_px.y(), scene.height); ++y)
            for (int x = first(ball.center_px.x(), scene.width);
                 x <= last(ball.center_px.x(), scene.width); ++x)
                near[static_cast<std::size_t>(y * columns + x)].push_back(&ball);
    }
    const double top = std::pow(2.0, scene.bits) - 1.0;
    drr::Image<float> image(scene.width, scene.height);
    for (int row = 0; row < scene.height; ++row) {
        drr::Rng rng({.seed = seed,
                      .purpose = drr::RngPurpose::test,
                      .element = static_cast<std::uint32_t>(row)});
        for (int column = 0; column < scene.width; ++column) {
            const auto& balls =
                near[static_cast<std::size_t>((row / tile) * columns + column / tile)];
            double sum = 0.0;
            for (int j = -half; j <= half; ++j)
                for (int i = -half; i <= half; ++i) {
                    const double x = column + i * scene.blur;
                    const double y = row + j * scene.blur;
                    double value = scene.field(x, y) ? scene.background(x, y) : scene.outside;
                    for (const SceneBall* ball : balls) {
                        const double d2 = (Eigen::Vector2d(x, y) - ball->center_px).squaredNorm() /
                                          (ball->radius_px * ball->radius_px);
                        if (d2 < 1.0) value *= std::exp(-ball->attenuation * std::sqrt(1.0 - d2));
                    }
                    sum += weights[static_cast<std::size_t>(i + half)] *
                           weights[static_cast<std::size_t>(j + half)] * value;
                }
            const double mean = scene.photons * sum / (total * total);
            const double counted = mean + std::sqrt(mean) * rng.normal();
            const double grey =
                std::clamp(std::round(counted / scene.photons * scene.open_beam * top), 0.0, top);
            image(column, row) = static_cast<float>(scene.inverted ? top - grey : grey);
        }
    }
    return image;
}

/// Courses of bricks: walls of `depth` every `pitch` px, and round studs of 0.6 of it.
inline std::function<double(double, double)> brick_wall(double pitch, double depth) {
    return [=](double x, double y) {
        const double u = std::fmod(x, pitch);
        const double v = std::fmod(y, pitch);
        double value = u < 0.17 * pitch ? 1.0 - depth : 1.0;
        if (v < 0.17 * pitch) value *= 1.0 - depth;
        if (std::hypot(u - 0.6 * pitch, v - 0.6 * pitch) < 0.3 * pitch) value *= 1.0 - 0.4 * depth;
        return value;
    };
}

/// Long bones side by side, tubes of cortex seen from the side. As of a radius or ulna with beads
/// of 1 mm: 12 mm thick, with a cortex of 2.5 mm that darkens by 45 % where the beam runs along it.
inline std::function<double(double, double)> bones(double bead_radius_px) {
    return [=](double x, double y) {
        const double outer = 12.0 * bead_radius_px;
        const double inner = 7.0 * bead_radius_px;
        const double pitch = 2.5 * outer;
        const double across = std::fmod((x + 0.4 * y) / 1.08, pitch) - 0.5 * pitch;
        const auto chord = [&](double radius) {
            return std::abs(across) < radius ? std::sqrt(radius * radius - across * across) : 0.0;
        };
        const double longest = std::sqrt(outer * outer - inner * inner);
        return std::exp(-0.3 - 0.6 * (chord(outer) - chord(inner)) / longest);
    };
}

/// How a detector's result compares with the truth.
struct DetectionScore {
    int found = 0;       ///< balls with a detection within half a radius
    int lost = 0;        ///< the others
    int false_ones = 0;  ///< detections without a ball
    double max_error_px = 0.0;
};

inline DetectionScore score(const std::vector<SceneBall>& balls,
                            const stereo::BeadDetectorResult& result) {
    DetectionScore s;
    std::vector<bool> used(result.beads.size(), false);
    for (const SceneBall& ball : balls) {
        bool found = false;
        for (std::size_t i = 0; i < result.beads.size() && !found; ++i) {
            const double error = (result.beads[i].center_px - ball.center_px).norm();
            if (used[i] || error > 0.5 * ball.radius_px) continue;
            used[i] = found = true;
            s.max_error_px = std::max(s.max_error_px, error);
        }
        ++(found ? s.found : s.lost);
    }
    s.false_ones = static_cast<int>(std::count(used.begin(), used.end(), false));
    return s;
}

/// A jittered grid of balls of one radius, `gap` radii from the border and at least 3 radii apart.
inline std::vector<SceneBall> scattered_balls(int width, int height, int count_a_side,
                                              double radius, double attenuation,
                                              std::uint64_t seed) {
    drr::Rng rng({.seed = seed, .purpose = drr::RngPurpose::test, .element = 1U << 20});
    std::vector<SceneBall> balls;
    const double step_x = static_cast<double>(width) / count_a_side;
    const double step_y = static_cast<double>(height) / count_a_side;
    const double jitter = std::max(0.0, 0.5 * std::min(step_x, step_y) - 1.6 * radius);
    for (int j = 0; j < count_a_side; ++j)
        for (int i = 0; i < count_a_side; ++i)
            balls.push_back({{(i + 0.5) * step_x + rng.uniform(-jitter, jitter),
                              (j + 0.5) * step_y + rng.uniform(-jitter, jitter)},
                             radius,
                             attenuation});
    return balls;
}

}  // namespace test
