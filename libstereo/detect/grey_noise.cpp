#include <stereo/detect/grey_noise.hpp>

#include <algorithm>
#include <array>
#include <cmath>
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
// Noise-free images: 1e-4 of the largest grey, far below any quantization.
constexpr double smallest_relative_noise = 1e-4;

}  // namespace

GreyNoise estimate_noise(const drr::Image<float>& image) {
    const float top =
        image.empty() ? 0.0F : *std::max_element(image.pixels().begin(), image.pixels().end());
    const double floor = std::pow(smallest_relative_noise * std::max(top, 1e-30F), 2);
    GreyNoise noise{floor, 0.0};
    if (top <= 0.0F) return noise;

    struct Bin {
        std::vector<float> differences;
        double grey_sum = 0.0;
    };
    std::array<Bin, bins> by_grey;
    for (int row = lag; row < image.height() - lag; row += stride)
        for (int column = lag; column < image.width() - lag; column += stride) {
            const float mean = 0.25F * (image(column - lag, row) + image(column + lag, row) +
                                        image(column, row - lag) + image(column, row + lag));
            // Black and saturated pixels carry no noise to learn from.
            if (mean <= 0.0F || mean >= 0.995F * top) continue;
            Bin& bin = by_grey[static_cast<std::size_t>(mean / top * static_cast<float>(bins))];
            bin.differences.push_back(std::abs(image(column, row) - mean));
            bin.grey_sum += mean;
        }

    // Weighted least squares of the line, each bin's variance being known to a relative error
    // proportional to 1 / sqrt(samples).
    double s = 0.0, sg = 0.0, sgg = 0.0, sv = 0.0, sgv = 0.0;
    for (Bin& bin : by_grey) {
        const std::size_t n = bin.differences.size();
        if (n < min_samples) continue;
        const auto middle = bin.differences.begin() + static_cast<std::ptrdiff_t>(n / 2);
        std::nth_element(bin.differences.begin(), middle, bin.differences.end());
        const double variance =
            std::max(floor, std::pow(sd_from_median * *middle, 2) / variance_of_difference);
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
    const double slope = determinant > 1e-9 * s * sgg ? (s * sgv - sg * sv) / determinant : -1.0;
    const double intercept = (sv - slope * sg) / s;
    if (slope <= 0.0)
        noise = {std::max(floor, sv / s), 0.0};
    else if (intercept <= floor)
        noise = {floor, sgv / sgg};
    else
        noise = {intercept, slope};
    return noise;
}

}  // namespace stereo
