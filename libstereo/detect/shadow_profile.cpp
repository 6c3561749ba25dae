#include "blurred_shadows.hpp"

#include <stereo/detect/shadow_profile.hpp>

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
    table_.resize(rows * count);
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
    // P is even in rho and vanishes beyond the table.
    const auto node = [&](std::ptrdiff_t i) {
        const auto k = static_cast<std::size_t>(std::abs(i));
        return k < count ? values[k] : 0.0;
    };
    for (std::size_t n = 0; n < count; ++n) {
        const auto i = static_cast<std::ptrdiff_t>(n);
        const double rho = static_cast<double>(n) * step_;
        const double first =
            (8.0 * (node(i + 1) - node(i - 1)) - (node(i + 2) - node(i - 2))) / (12.0 * step_);
        const double second =
            (16.0 * (node(i + 1) + node(i - 1)) - node(i + 2) - node(i - 2) - 30.0 * node(i)) /
            (12.0 * step_ * step_);
        const double laplacian = n == 0 ? 2.0 * second : second + first / rho;
        by_rho[n] = first;
        by_blur[n] = blur_px * blur_px * laplacian;
        by_radius[n] = -rho * first - by_blur[n];
    }
}

}  // namespace stereo
