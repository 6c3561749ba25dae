#include "radiograph_measures.hpp"

#include <drr/core/order_statistics.hpp>

#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace test {
namespace {}  // namespace

double BeadProfile::depth() const {
    // Two rings with areas of 1 to 3.
    static_assert(step_px == 0.5);
    return (shade[0] + 3.0 * shade[1]) / 4.0;
}

double BeadProfile::radius_px(double share) const {
    for (std::size_t i = 1; i < shade.size(); ++i) {
        const double above = shade[i - 1] / depth() - share;
        const double below = shade[i] / depth() - share;
        if (above >= 0.0 && below < 0.0)
            return step_px * (static_cast<double>(i) - 0.5 + above / (above - below));
    }
    return NAN;
}

BeadProfile bead_profile(const drr::Image<float>& image,
                         std::span<const Eigen::Vector2d> centers_px, double radius_px,
                         float saturated) {
    const double outer_px = 2.6 * radius_px;
    const double ring_px = 2.0 * radius_px;
    const int reach = static_cast<int>(std::ceil(outer_px));
    const auto bins = static_cast<std::size_t>(ring_px / BeadProfile::step_px);
    std::vector<std::vector<double>> shades(bins);
    std::vector<double> backgrounds;
    for (const Eigen::Vector2d& center : centers_px) {
        const int column = static_cast<int>(std::lround(center.x()));
        const int row = static_cast<int>(std::lround(center.y()));
        if (column < reach || row < reach || column >= image.width() - reach ||
            row >= image.height() - reach)
            continue;
        std::vector<double> ring;
        std::vector<double> sums(bins, 0.0);
        std::vector<double> counts(bins, 0.0);
        bool black = false;
        for (int v = row - reach; v <= row + reach; ++v)
            for (int u = column - reach; u <= column + reach; ++u) {
                const double r = (Eigen::Vector2d(u, v) - center).norm();
                if (r > outer_px) continue;
                const double grey = image(u, v);
                black = black || grey <= 0.0;
                if (r > ring_px) ring.push_back(grey);
                const auto bin = static_cast<std::size_t>(r / BeadProfile::step_px);
                if (bin < bins) sums[bin] += grey, counts[bin] += 1.0;
            }
        const double background = drr::median(ring);
        if (black || background >= saturated) continue;
        backgrounds.push_back(background);
        for (std::size_t i = 0; i < bins; ++i)
            if (counts[i] > 0.0) shades[i].push_back(1.0 - sums[i] / counts[i] / background);
    }
    if (backgrounds.empty()) throw std::runtime_error("no bead to measure");
    BeadProfile profile{
        .shade = {}, .beads = backgrounds.size(), .background = drr::median(backgrounds)};
    for (auto& values : shades)
        profile.shade.push_back(values.empty() ? NAN : drr::median(std::move(values)));
    return profile;
}

Noise noise_of(std::span<const drr::Image<float>> images, double low, double high) {
    constexpr int side = 20;
    constexpr int lags = 4;
    Eigen::MatrixXd terms(side * side, 6);
    for (int v = 0; v < side; ++v)
        for (int u = 0; u < side; ++u)
            terms.row(v * side + u) << 1.0, u, v, u * u, u * v, v * v;
    const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> fit(terms);

    struct Tile {
        double sd;
        std::array<double, lags> correlation;
    };
    std::vector<Tile> tiles;
    for (const auto& image : images)
        for (int top = 0; top + side <= image.height(); top += side)
            for (int left = 0; left + side <= image.width(); left += side) {
                Eigen::VectorXd grey(side * side);
                for (int v = 0; v < side; ++v)
                    for (int u = 0; u < side; ++u)
                        grey[v * side + u] = image(left + u, top + v);
                if (grey.mean() < low || grey.mean() >= high) continue;
                grey -= terms * fit.solve(grey);
                const double variance = grey.squaredNorm() / (side * side - 6);
                if (variance < 1e-6) continue;  // black or saturated throughout
                Tile tile{std::sqrt(variance), {}};
                for (int lag = 1; lag <= lags; ++lag) {
                    double sum = 0.0;
                    for (int v = 0; v < side; ++v)
                        for (int u = 0; u + lag < side; ++u)
                            sum += grey[v * side + u] * grey[v * side + u + lag];
                    tile.correlation[static_cast<std::size_t>(lag - 1)] =
                        sum / (side * (side - lag)) / variance;
                }
                tiles.push_back(tile);
            }
    Noise noise;
    if (tiles.empty()) return noise;
    std::sort(tiles.begin(), tiles.end(), [](const Tile& a, const Tile& b) { return a.sd < b.sd; });
    tiles.resize((tiles.size() + 3) / 4);
    noise.tiles = tiles.size();
    const auto middle = [&](const auto& value_of) {
        std::vector<double> values;
        for (const Tile& tile : tiles)
            values.push_back(value_of(tile));
        return drr::median(std::move(values));
    };
    noise.sd = middle([](const Tile& tile) { return tile.sd; });
    for (std::size_t lag = 0; lag < lags; ++lag)
        noise.correlation[lag] = middle([&](const Tile& tile) { return tile.correlation[lag]; });
    return noise;
}

}  // namespace test
