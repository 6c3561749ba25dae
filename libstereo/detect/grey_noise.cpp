#include "grey_range.hpp"
#include "noise_differences.hpp"

#include <drr/core/order_statistics.hpp>
#include <stereo/detect/grey_noise.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace stereo {
namespace {

constexpr int lag = 3;
constexpr int stride = 3;  // every ninth pixel is plenty for a median
constexpr std::size_t bins = 24;
constexpr std::size_t min_samples = 50;
// sd = median |x| / 0.6745 for a normal variable.
constexpr double sd_from_median = 1.0 / 0.6745;
// The difference of a pixel and a mean of four has 1 + 1/4 times the variance.
constexpr double variance_of_difference = 1.25;
// Squared relative error of such a variance, times the number of samples (the median's efficiency
// is 0.37).
constexpr double relative_variance_error2 = 5.4;
constexpr float saturated = 0.995F;  // of the largest grey
// Noise-free images: 1e-4 of the largest grey, far below any quantization.
constexpr double smallest_relative_noise = 1e-4;

// Differences for the correlation reach beyond twice its own reach, so that the neighbours add
// nothing to it. They are taken in rows that hold about so many pixels: a correlation is then known
// to a third of a percent.
constexpr int far_lag = 6;
constexpr double correlation_samples = 100000.0;
// Differences above this many standard deviations are edges.
constexpr double edge_significance = 2.5;
// A correlation below so many standard errors is taken for none, and a line's distance from
// proportionality.
constexpr double least_significance = 2.0;

// Noise has at least this part of its mean power at every frequency: rounding and the electronics'
// is white.
constexpr double least_power = 0.05;
constexpr int frequencies = 16;  // between none and the highest: the correlation has two lags

/// Power at one frequency, in units of the mean.
double power_at(const NoiseCorrelation& correlation, double turn_x, double turn_y) {
    constexpr int reach = NoiseCorrelation::reach;
    double sum = 0.0;
    for (int dy = -reach; dy <= reach; ++dy)
        for (int dx = -reach; dx <= reach; ++dx)
            sum += correlation(dx, dy) * std::cos(dx * turn_x) * std::cos(dy * turn_y);
    return sum;
}

/// A correlation that is cut off at its reach, or of a noisy estimate, may have negative power at
/// some frequency, and then is none: it is lowered until it has not.
void make_valid(NoiseCorrelation& correlation) {
    double least = 1.0;
    for (int j = 0; j <= frequencies; ++j)
        for (int i = 0; i <= frequencies; ++i)
            least = std::min(least, power_at(correlation, std::numbers::pi * i / frequencies,
                                             std::numbers::pi * j / frequencies));
    if (least >= least_power) return;
    const double share = (1.0 - least_power) / (1.0 - least);
    for (auto& row : correlation.quadrant)
        for (double& value : row)
            value *= share;
    correlation.quadrant[0][0] = 1.0;
}

NoiseCorrelation correlation_of(const drr::Image<float>& image, const GreyNoise& noise, float top) {
    constexpr int reach = NoiseCorrelation::reach;
    constexpr int margin = far_lag + reach;
    NoiseCorrelation result;
    const int columns = image.width() - 2 * margin;
    const int rows = image.height() - 2 * margin;
    if (columns <= 0 || rows <= 0) return result;
    const int spacing =
        std::max(1, static_cast<int>(static_cast<double>(columns) * rows / correlation_samples));
    const DifferenceLimits limits{
        static_cast<float>(noise.variance_at_black), static_cast<float>(noise.variance_per_grey),
        saturated * top,
        static_cast<float>(edge_significance * edge_significance * variance_of_difference)};
    std::array<std::vector<float>, reach + 1> differences;
    differences.fill(std::vector<float>(static_cast<std::size_t>(image.width())));
    std::array<std::array<PairSums, reach + 1>, reach + 1> sums{};
    for (int row = margin; row < image.height() - margin; row += spacing) {
        for (int dy = 0; dy <= reach; ++dy)
            noise_differences(
                {image.row(row + dy - far_lag), image.row(row + dy), image.row(row + dy + far_lag)},
                far_lag, static_cast<std::size_t>(image.width() - far_lag), far_lag, limits,
                differences[static_cast<std::size_t>(dy)].data());
        for (int dy = 0; dy <= reach; ++dy)
            for (int dx = dy == 0 ? 1 : -reach; dx <= reach; ++dx)
                sums[static_cast<std::size_t>(dy)][static_cast<std::size_t>(std::abs(dx))] +=
                    pair_sums(differences[0].data() + margin,
                              differences[static_cast<std::size_t>(dy)].data() + margin + dx,
                              static_cast<std::size_t>(columns));
    }
    for (std::size_t y = 0; y <= reach; ++y)
        for (std::size_t x = y == 0 ? 1 : 0; x <= reach; ++x) {
            const PairSums& sum = sums[y][x];
            if (sum.pairs < min_samples) continue;
            const double correlation = sum.squares > 0.0 ? sum.products / sum.squares : 0.0;
            if (std::abs(correlation) > least_significance / std::sqrt(sum.pairs))
                result.quadrant[y][x] = correlation;
        }
    make_valid(result);
    return result;
}

}  // namespace

double NoiseCorrelation::low_frequency_power() const {
    double sum = 0.0;
    for (int dy = -reach; dy <= reach; ++dy)
        for (int dx = -reach; dx <= reach; ++dx)
            sum += (*this)(dx, dy);
    return sum;
}

double NoiseCorrelation::chi_square_excess() const {
    double sum = 0.0;
    for (int dy = -reach; dy <= reach; ++dy)
        for (int dx = -reach; dx <= reach; ++dx)
            sum += (*this)(dx, dy) * (*this)(dx, dy);
    return sum;
}

NoiseCorrelation estimate_correlation(const drr::Image<float>& image, const GreyNoise& noise) {
    return correlation_of(image, noise, brightest_of(image));
}

GreyNoise estimate_noise(const drr::Image<float>& image) {
    const float top = brightest_of(image);
    const double floor = std::pow(smallest_relative_noise * std::max(top, 1e-30F), 2);
    GreyNoise noise{floor, 0.0, {}};
    if (top <= 0.0F) return noise;

    struct Bin {
        std::vector<float> differences;
        double grey_sum = 0.0;
    };
    std::array<Bin, bins> by_grey;
    const float bin_of_grey = static_cast<float>(bins) / top;
    for (int row = lag; row < image.height() - lag; row += stride) {
        const float* at = image.row(row);
        const float* above = image.row(row - lag);
        const float* below = image.row(row + lag);
        for (int column = lag; column < image.width() - lag; column += stride) {
            const float mean =
                0.25F * (at[column - lag] + at[column + lag] + above[column] + below[column]);
            // Black and saturated pixels carry no noise to learn from.
            if (mean <= 0.0F || mean >= saturated * top) continue;
            Bin& bin = by_grey[static_cast<std::size_t>(mean * bin_of_grey)];
            bin.differences.push_back(std::abs(at[column] - mean));
            bin.grey_sum += mean;
        }
    }

    // Weighted least squares of the line, each bin's variance being known to a relative error
    // proportional to 1 / sqrt(samples).
    double s = 0.0, sg = 0.0, sgg = 0.0, sv = 0.0, sgv = 0.0;
    for (Bin& bin : by_grey) {
        const std::size_t n = bin.differences.size();
        if (n < min_samples) continue;
        const double typical = drr::median(std::move(bin.differences));
        const double variance =
            std::max(floor, std::pow(sd_from_median * typical, 2) / variance_of_difference);
        const double grey = bin.grey_sum / static_cast<double>(n);
        const double weight = static_cast<double>(n) / (variance * variance);
        s += weight;
        sg += weight * grey;
        sgg += weight * grey * grey;
        sv += weight * variance;
        sgv += weight * grey * variance;
    }
    if (s == 0.0) return noise;
    const double determinant = s * sgg - sg * sg;
    const bool several_greys = determinant > 1e-9 * s * sgg;
    const double slope = several_greys ? (s * sgv - sg * sv) / determinant : 0.0;
    const double intercept = (sv - slope * sg) / s;
    const double slope_error =
        several_greys ? std::sqrt(relative_variance_error2 * s / determinant) : 0.0;
    if (!several_greys || std::abs(slope - sgv / sgg) < least_significance * slope_error)
        noise = {floor, sgv / sgg, {}};
    else if (slope <= 0.0)
        noise = {std::max(floor, sv / s), 0.0, {}};
    else if (intercept <= floor)
        noise = {floor, sgv / sgg, {}};
    else
        noise = {intercept, slope, {}};
    noise.correlation = correlation_of(image, noise, top);
    return noise;
}

}  // namespace stereo
