#include "blurred_shadows.hpp"

#include <stereo/detect/shadow_profile.hpp>

#include <algorithm>
#include <span>

namespace stereo {
namespace {

// Nodes a blur length: cubic interpolation of a Gaussian edge then errs by 1e-4.
constexpr double nodes_per_blur = 3.0;
}  // namespace

void ShadowProfile::tabulate(double radius_px, double blur_px, double attenuation) {
    step_ = blur_px / nodes_per_blur;
    inverse_step_ = 1.0 / step_;
    const auto count =
        static_cast<std::size_t>(std::ceil((radius_px + blur_kernel_reach * blur_px) / step_)) + 2;
    count_ = count;
    // After the rows the values once more: P is even in rho and vanishes beyond the table.
    constexpr std::size_t beyond = 2;
    table_.assign(rows * count + count + 2 * beyond, 0.0);
    shadows_.resize(2 * count);
    const std::span<float> shadow(shadows_.data(), count), by_attenuation(&shadows_[count], count);
    blurred_shadows({static_cast<float>(radius_px), static_cast<float>(blur_px),
                     static_cast<float>(attenuation)},
                    static_cast<float>(step_), shadow, by_attenuation);
    const auto at = [&](Row row) { return std::span<double>(&table_[row * count], count); };
    const auto values = at(value), by_rho = at(d_rho), by_radius = at(d_log_radius),
               by_blur = at(d_log_blur), by_log_attenuation = at(d_log_attenuation);
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = static_cast<double>(shadow[i]);
        by_log_attenuation[i] = attenuation * static_cast<double>(by_attenuation[i]);
    }
    double* const node = &table_[rows * count + beyond];
    std::copy(values.begin(), values.end(), node);
    node[-1] = values[1];
    node[-2] = values[2];
    const double by_step = 1.0 / (12.0 * step_), by_square = by_step / step_;
    for (std::size_t n = 0; n < count; ++n) {
        const double* const here = node + n;
        const double rho = static_cast<double>(n) * step_;
        const double first = (8.0 * (here[1] - here[-1]) - (here[2] - here[-2])) * by_step;
        const double second =
            (16.0 * (here[1] + here[-1]) - here[2] - here[-2] - 30.0 * here[0]) * by_square;
        const double laplacian = n == 0 ? 2.0 * second : second + first / rho;
        by_rho[n] = first;
        by_blur[n] = blur_px * blur_px * laplacian;
        by_radius[n] = -rho * first - by_blur[n];
    }
}

}  // namespace stereo
