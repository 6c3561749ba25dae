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
    nodes_.resize(count);
    shadows_.resize(2 * count);
    const std::span<float> shadow(shadows_.data(), count), by_attenuation(&shadows_[count], count);
    blurred_shadows({static_cast<float>(radius_px), static_cast<float>(blur_px),
                     static_cast<float>(attenuation)},
                    static_cast<float>(step_), shadow, by_attenuation);
    for (std::size_t i = 0; i < count; ++i) {
        nodes_[i].value = static_cast<double>(shadow[i]);
        nodes_[i].d_log_attenuation = attenuation * static_cast<double>(by_attenuation[i]);
    }
    // P is even in rho and vanishes beyond the table.
    const auto value = [&](std::ptrdiff_t i) {
        const auto k = static_cast<std::size_t>(std::abs(i));
        return k < count ? nodes_[k].value : 0.0;
    };
    for (std::size_t n = 0; n < count; ++n) {
        const auto i = static_cast<std::ptrdiff_t>(n);
        const double rho = static_cast<double>(n) * step_;
        const double first =
            (8.0 * (value(i + 1) - value(i - 1)) - (value(i + 2) - value(i - 2))) / (12.0 * step_);
        const double second =
            (16.0 * (value(i + 1) + value(i - 1)) - value(i + 2) - value(i - 2) - 30.0 * value(i)) /
            (12.0 * step_ * step_);
        const double laplacian = n == 0 ? 2.0 * second : second + first / rho;
        nodes_[n].d_rho = first;
        nodes_[n].d_log_blur = blur_px * blur_px * laplacian;
        nodes_[n].d_log_radius = -rho * first - nodes_[n].d_log_blur;
    }
}

}  // namespace stereo
