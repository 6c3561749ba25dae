#include "scale_space.hpp"

#include <drr/core/order_statistics.hpp>
#include <drr/core/parallel.hpp>

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace stereo {
namespace {

// Gaussians are cut where they are 0.01 of their peak: the response keeps to a thousandth.
constexpr double kernel_reach = 3.0;
// Bright grey: the 90th percentile of a sparse sample.
constexpr std::size_t bright_sample_step = 37;
// Strips that are blurred in parallel.
constexpr int strips = 8;
constexpr int least_side_px = 5;

cv::Mat as_mat(const drr::Image<float>& image) {
    return {image.height(), image.width(), CV_32F, const_cast<float*>(image.pixels().data())};
}

/// The mean of 2 x 2 pixels; an odd last column or row is left out.
drr::Image<float> halved(const drr::Image<float>& image) {
    drr::Image<float> half(image.width() / 2, image.height() / 2);
    drr::parallel_for(static_cast<std::size_t>(half.height()), [&](std::size_t r) {
        const int row = static_cast<int>(r);
        const float* a = image.row(2 * row);
        const float* b = image.row(2 * row + 1);
        float* to = half.row(row);
        for (int column = 0; column < half.width(); ++column)
            to[column] =
                0.25F * ((a[2 * column] + a[2 * column + 1]) + (b[2 * column] + b[2 * column + 1]));
    });
    return half;
}

drr::Image<float> blurred(const drr::Image<float>& image, double sd_px) {
    drr::Image<float> result(image.width(), image.height());
    const cv::Mat from = as_mat(image);
    cv::Mat to = as_mat(result);
    const int taps = 2 * static_cast<int>(std::ceil(kernel_reach * sd_px)) + 1;
    drr::parallel_for(strips, [&](std::size_t s) {
        const int first = image.height() * static_cast<int>(s) / strips;
        const int last = image.height() * (static_cast<int>(s) + 1) / strips;
        if (first == last) return;
        // Reads beyond the strip, since that is part of the image.
        cv::Mat strip = to.rowRange(first, last);
        cv::GaussianBlur(from.rowRange(first, last), strip, {taps, taps}, sd_px, sd_px,
                         cv::BORDER_REPLICATE);
    });
    return result;
}

double bright_grey(const drr::Image<float>& image) {
    std::vector<float> sample;
    for (std::size_t i = 0; i < image.size(); i += bright_sample_step)
        sample.push_back(image.pixels()[i]);
    return drr::percentile(std::move(sample), 0.9);
}

}  // namespace

std::vector<double> geometric_steps(double low_px, double high_px, double step) {
    const int steps = std::max(
        0, static_cast<int>(std::ceil(std::log(high_px / low_px) / std::log(step) - 1e-6)));
    std::vector<double> radii = {low_px};
    for (int k = 1; k <= steps; ++k)
        radii.push_back(low_px * std::pow(high_px / low_px, static_cast<double>(k) / steps));
    return radii;
}

ScaleSpace make_scale_space(const drr::Image<float>& image, const std::vector<double>& radii_px,
                            const CandidateSearchOptions& options) {
    ScaleSpace space;
    const auto black = static_cast<float>(options.black_level * bright_grey(image));
    const drr::Image<float>* at = &image;
    int reduction = 1;
    // A Gaussian of a Gaussian is one: each inner blur starts from the one before.
    const drr::Image<float>* blurred_before = nullptr;
    double sd_before = 0.0;
    space.scales.reserve(radii_px.size());
    for (const double radius_px : radii_px) {
        while (radius_px / (2 * reduction) >= options.smallest_reduced_radius_px) {
            space.reduced.push_back(std::make_unique<drr::Image<float>>(halved(*at)));
            at = space.reduced.back().get();
            reduction *= 2;
            blurred_before = nullptr;
        }
        if (std::min(at->width(), at->height()) < least_side_px) break;
        ContrastScale scale;
        scale.radius_px = radius_px / reduction;
        scale.reduction = reduction;
        scale.reduced = at;
        const double inner = options.inner_scale * scale.radius_px;
        const double outer = options.outer_scale * scale.radius_px;
        scale.inner =
            blurred_before == nullptr
                ? blurred(*at, inner)
                : blurred(*blurred_before, std::sqrt(inner * inner - sd_before * sd_before));
        scale.response = blurred(scale.inner, std::sqrt(outer * outer - inner * inner));
        drr::parallel_for(static_cast<std::size_t>(at->height()), [&](std::size_t r) {
            const int row = static_cast<int>(r);
            const float* in = scale.inner.row(row);
            float* response = scale.response.row(row);
            for (int column = 0; column < at->width(); ++column)
                response[column] =
                    response[column] > black ? 1.0F - in[column] / response[column] : 0.0F;
        });
        space.scales.push_back(std::move(scale));
        blurred_before = &space.scales.back().inner;
        sd_before = inner;
    }
    return space;
}

}  // namespace stereo
