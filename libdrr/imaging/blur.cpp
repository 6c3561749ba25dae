#include <drr/core/parallel.hpp>
#include <drr/imaging/blur.hpp>

#include <algorithm>
#include <cmath>

namespace drr {
namespace {

constexpr double max_sigma_px = 20.0;  // I_n(400) is still far from overflow
constexpr double tail = 1e-7;          // below the rounding of the float images it is applied to

// The index mirrored into [0, size), the border pixel repeated: -1 -> 0, size -> size - 1.
int mirrored(int index, int size) {
    const int period = 2 * size;
    const int wrapped = ((index % period) + period) % period;
    return wrapped < size ? wrapped : period - 1 - wrapped;
}

// out += weight (a + b), one row
void add_pair(std::vector<float>& out, const float* a, const float* b, float weight) {
    for (std::size_t u = 0; u < out.size(); ++u)
        out[u] += weight * (a[u] + b[u]);
}

}  // namespace

std::vector<double> gaussian_kernel(double sigma_px) {
    require(sigma_px >= 0.0 && sigma_px <= max_sigma_px, "the blur must be between 0 and 20 px");
    const double variance = sigma_px * sigma_px;
    std::vector<double> kernel{std::exp(-variance) * std::cyl_bessel_i(0.0, variance)};
    double sum = kernel[0];
    while (1.0 - sum > tail) {
        const double order = static_cast<double>(kernel.size());
        kernel.push_back(std::exp(-variance) * std::cyl_bessel_i(order, variance));
        sum += 2.0 * kernel.back();
    }
    for (double& weight : kernel)
        weight /= sum;
    return kernel;
}

Image<float> gaussian_blur(const Image<float>& image, double sigma_px) {
    const std::vector<double> exact = gaussian_kernel(sigma_px);
    const std::vector<float> kernel(exact.begin(), exact.end());
    const int radius = static_cast<int>(kernel.size()) - 1;
    if (radius == 0 || image.empty()) return image;
    const int width = image.width();
    const int height = image.height();

    Image<float> along_rows(width, height);
    parallel_for(static_cast<std::size_t>(height), [&](std::size_t index) {
        const float* const in = image.row(static_cast<int>(index));
        std::vector<float> padded(static_cast<std::size_t>(width + 2 * radius));
        for (int u = -radius; u < width + radius; ++u)
            padded[static_cast<std::size_t>(u + radius)] =
                in[u >= 0 && u < width ? u : mirrored(u, width)];
        const float* const centre = padded.data() + radius;
        std::vector<float> sums(static_cast<std::size_t>(width), 0.0F);
        for (int n = radius; n >= 1; --n)
            add_pair(sums, centre - n, centre + n, kernel[static_cast<std::size_t>(n)]);
        add_pair(sums, centre, centre, 0.5F * kernel[0]);
        std::copy(sums.begin(), sums.end(), along_rows.row(static_cast<int>(index)));
    });

    Image<float> result(width, height);
    parallel_for(static_cast<std::size_t>(height), [&](std::size_t index) {
        const int row = static_cast<int>(index);
        std::vector<float> sums(static_cast<std::size_t>(width), 0.0F);
        for (int n = radius; n >= 1; --n)
            add_pair(sums, along_rows.row(mirrored(row - n, height)),
                     along_rows.row(mirrored(row + n, height)),
                     kernel[static_cast<std::size_t>(n)]);
        add_pair(sums, along_rows.row(row), along_rows.row(row), 0.5F * kernel[0]);
        std::copy(sums.begin(), sums.end(), result.row(row));
    });
    return result;
}

}  // namespace drr
