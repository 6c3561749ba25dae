#include "convolve_row.hpp"

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

/// What parts count in the sum of `parts` blurred ones, from -reach on.
std::vector<float> kernel_of_sum(double sigma_px, int parts) {
    const std::vector<double> kernel = gaussian_kernel(sigma_px);
    const int reach = static_cast<int>(kernel.size()) - 1;
    std::vector<float> sums;
    for (int m = -reach; m < parts + reach; ++m) {
        double sum = 0.0;
        for (int part = 0; part < parts; ++part)
            if (std::abs(m - part) <= reach)
                sum += kernel[static_cast<std::size_t>(std::abs(m - part))];
        sums.push_back(static_cast<float>(sum));
    }
    return sums;
}

/// out = the sum of kernel[n] times source(n), a pointer to as many numbers. Kernels are symmetric.
template <class Source>
void convolve(std::span<float> out, const std::vector<float>& kernel, const Source& source) {
    std::vector<WeightedPair> pairs;
    const std::size_t size = kernel.size();
    for (std::size_t n = 0; 2 * n + 1 < size; ++n)
        pairs.push_back(
            {kernel[n], source(static_cast<int>(n)), source(static_cast<int>(size - 1 - n))});
    const std::size_t middle = size / 2;
    const float* const alone = source(static_cast<int>(middle));
    if (size % 2 == 1) pairs.push_back({0.5F * kernel[middle], alone, alone});
    sum_pairs(pairs, out);
}

/// A row of parts, beyond its ends mirrored, by which part of a pixel they are: the pixels' sums
/// then read neighbours.
class PhasesOfRow {
  public:
    PhasesOfRow(int pixels, int parts, int reach)
        : pixels_(pixels),
          parts_(parts),
          beyond_((reach + parts - 1) / parts),
          stride_(static_cast<std::size_t>(pixels + 2 * beyond_)),
          phases_(stride_ * static_cast<std::size_t>(parts)) {}

    void set(const float* row) {
        for (int part = 0; part < parts_; ++part) {
            float* const out = phase(part);
            for (int u = 0; u < pixels_; ++u)
                out[u] = row[u * parts_ + part];
            for (int n = 1; n <= beyond_; ++n) {
                out[-n] = row[mirrored(-n * parts_ + part, pixels_ * parts_)];
                out[pixels_ - 1 + n] =
                    row[mirrored((pixels_ - 1 + n) * parts_ + part, pixels_ * parts_)];
            }
        }
    }
    /// For pixels from the first on, the part that lies `offset` from the pixel's first.
    [[nodiscard]] const float* from(int offset) {
        const int shifted = offset + beyond_ * parts_;  // not negative, as division wants it
        return phase(shifted % parts_) + shifted / parts_ - beyond_;
    }

  private:
    float* phase(int part) {
        return phases_.data() + stride_ * static_cast<std::size_t>(part) + beyond_;
    }

    int pixels_, parts_, beyond_;
    std::size_t stride_;
    std::vector<float> phases_;
};

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
    const GaussianPixels blur(sigma_u_px, sigma_v_px);
    return blur.rows(image, 0, image.height(), {0, image.height()});
}

GaussianPixels::GaussianPixels(double sigma_u_px, double sigma_v_px, int parts) : parts_(parts) {
    require(parts >= 1, "a pixel has one part or more");
    along_u_ = kernel_of_sum(sigma_u_px, parts);
    along_v_ = kernel_of_sum(sigma_v_px, parts);
}

int GaussianPixels::reach_px() const {
    return (static_cast<int>(along_v_.size()) - parts_) / 2;
}

Image<float> GaussianPixels::rows(const Image<float>& given, int first, int height,
                                  RowRange wanted) const {
    const int reach_v = reach_px();
    const int reach_u = (static_cast<int>(along_u_.size()) - parts_) / 2;
    require(first <= std::max(wanted.first * parts_ - reach_v, 0) &&
                first + given.height() >= std::min(wanted.last * parts_ + reach_v, height) &&
                given.width() % parts_ == 0,
            "a blur needs all rows within its reach, of whole pixels");
    if (parts_ == 1 && reach_u == 0 && reach_v == 0)  // no blur, nothing to sum
        return rows_of(given, {wanted.first - first, wanted.last - first});
    const int width = given.width() / parts_;
    Image<float> result(width, wanted.count());
    parallel_for(static_cast<std::size_t>(wanted.count()), [&](std::size_t index) {
        const int n = static_cast<int>(index);
        const int first_part = (wanted.first + n) * parts_ - reach_v;
        std::vector<float> row(static_cast<std::size_t>(given.width()));
        convolve(row, along_v_,
                 [&](int m) { return given.row(mirrored(first_part + m, height) - first); });
        PhasesOfRow phases(width, parts_, reach_u);
        phases.set(row.data());
        convolve({result.row(n), static_cast<std::size_t>(width)}, along_u_,
                 [&](int m) { return phases.from(m - reach_u); });
    });
    return result;
}

}  // namespace drr
