#include <drr/core/parallel.hpp>
#include <drr/imaging/blur.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

namespace drr {
namespace {

constexpr double tail = 1e-7;  // below the rounding of the float images it is applied to

// The index mirrored into [0, size), the border pixel repeated: -1 -> 0, size -> size - 1.
int mirrored(int index, int size) {
    const int period = 2 * size;
    const int wrapped = ((index % period) + period) % period;
    return wrapped < size ? wrapped : period - 1 - wrapped;
}

// out += weight (a + b), one row
void add_pair(std::span<float> out, const float* a, const float* b, float weight) {
    for (std::size_t u = 0; u < out.size(); ++u)
        out[u] += weight * (a[u] + b[u]);
}

std::span<float> row_of(Image<float>& image, int row) {
    return {image.row(row), static_cast<std::size_t>(image.width())};
}

std::vector<float> in_float(const std::vector<double>& values) {
    return {values.begin(), values.end()};
}

Image<float> blur_rows(const Image<float>& image, const std::vector<float>& kernel) {
    const int radius = static_cast<int>(kernel.size()) - 1;
    if (radius == 0) return image;
    const int width = image.width();
    Image<float> result(width, image.height(), 0.0F);
    parallel_for(static_cast<std::size_t>(image.height()), [&](std::size_t index) {
        const float* const in = image.row(static_cast<int>(index));
        std::vector<float> padded(static_cast<std::size_t>(width + 2 * radius));
        float* const centre = padded.data() + radius;
        std::copy_n(in, width, centre);
        for (int n = 1; n <= radius; ++n) {
            centre[-n] = in[mirrored(-n, width)];
            centre[width - 1 + n] = in[mirrored(width - 1 + n, width)];
        }
        const std::span<float> sums = row_of(result, static_cast<int>(index));
        for (int n = radius; n >= 1; --n)
            add_pair(sums, centre - n, centre + n, kernel[static_cast<std::size_t>(n)]);
        add_pair(sums, centre, centre, 0.5F * kernel[0]);
    });
    return result;
}

Image<float> blur_columns(const Image<float>& image, const std::vector<float>& kernel) {
    const int radius = static_cast<int>(kernel.size()) - 1;
    if (radius == 0) return image;
    const int height = image.height();
    Image<float> result(image.width(), height, 0.0F);
    parallel_for(static_cast<std::size_t>(height), [&](std::size_t index) {
        const int row = static_cast<int>(index);
        const std::span<float> sums = row_of(result, row);
        for (int n = radius; n >= 1; --n)
            add_pair(sums, image.row(mirrored(row - n, height)),
                     image.row(mirrored(row + n, height)), kernel[static_cast<std::size_t>(n)]);
        add_pair(sums, image.row(row), image.row(row), 0.5F * kernel[0]);
    });
    return result;
}

}  // namespace

std::vector<double> gaussian_kernel(double sigma_px) {
    require(sigma_px >= 0.0 && sigma_px <= max_gaussian_sigma_px,
            "the blur must be between 0 and 20 px");
    const double variance = sigma_px * sigma_px;
    const auto weight_of = [&](double n) {
        return sigma_px < least_sampled_sigma_px
                   ? std::exp(-variance) * std::cyl_bessel_i(n, variance)
                   : std::exp(-0.5 * n * n / variance) /
                         (sigma_px * std::sqrt(2.0 * std::numbers::pi));
    };
    std::vector<double> kernel{weight_of(0.0)};
    double sum = kernel[0];
    while (1.0 - sum > tail && kernel.back() > 0.0) {
        kernel.push_back(weight_of(static_cast<double>(kernel.size())));
        sum += 2.0 * kernel.back();
    }
    for (double& weight : kernel)
        weight /= sum;
    return kernel;
}

Image<float> gaussian_blur(const Image<float>& image, double sigma_px) {
    return gaussian_blur(image, sigma_px, sigma_px);
}

Image<float> gaussian_blur(const Image<float>& image, double sigma_u_px, double sigma_v_px) {
    const std::vector<float> along_u = in_float(gaussian_kernel(sigma_u_px));
    const std::vector<float> along_v = in_float(gaussian_kernel(sigma_v_px));
    if (image.empty()) return image;
    return blur_columns(blur_rows(image, along_u), along_v);
}

}  // namespace drr
