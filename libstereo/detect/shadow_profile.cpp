#include <stereo/detect/shadow_profile.hpp>

#include <algorithm>
#include <array>

namespace stereo {
namespace {

// Nodes a blur length: cubic interpolation of a Gaussian edge then errs by 1e-4.
constexpr double nodes_per_blur = 3.0;
// The Gaussian is cut where it is 4e-6 of its peak.
constexpr double kernel_reach = 5.0;

// Gauss-Legendre rule of 16 nodes on [-1, 1], positive half (Abramowitz & Stegun 25.4.30).
constexpr std::array<double, 8> legendre_node = {
    0.0950125098376374, 0.2816035507792589, 0.4580167776572274, 0.6178762444026438,
    0.7554044083550030, 0.8656312023878318, 0.9445750230732326, 0.9894009349916499};
constexpr std::array<double, 8> legendre_weight = {
    0.1894506104550685, 0.1826034150449236, 0.1691565193950025, 0.1495959888165767,
    0.1246289712555339, 0.0951585116824928, 0.0622535239386479, 0.0271524594117541};

/// exp(-x) I0(x) for x >= 0, to 2e-7 (Abramowitz & Stegun 9.8.1 and 9.8.2).
double scaled_bessel_i0(double x) {
    if (x < 3.75) {
        const double t = x * x / (3.75 * 3.75);
        return std::exp(-x) *
               (1.0 +
                t * (3.5156229 +
                     t * (3.0899424 +
                          t * (1.2067492 + t * (0.2659732 + t * (0.0360768 + t * 0.0045813))))));
    }
    const double t = 3.75 / x;
    return (0.39894228 +
            t * (0.01328592 +
                 t * (0.00225319 +
                      t * (-0.00157565 +
                           t * (0.00916281 +
                                t * (-0.02057706 +
                                     t * (0.02635537 + t * (-0.01647633 + t * 0.00392377)))))))) /
           std::sqrt(x);
}

struct Blurred {
    double shadow = 0.0;
    double d_attenuation = 0.0;
};

/// P(rho) and dP/dk. With s = r sin(theta) the integrand has no root singularity at the edge.
Blurred blurred_shadow(double rho, double radius, double blur, double attenuation) {
    const double s_low = std::max(0.0, rho - kernel_reach * blur);
    const double s_high = std::min(radius, rho + kernel_reach * blur);
    Blurred sum;
    if (s_low >= s_high) return sum;
    const double low = std::asin(s_low / radius);
    const double high = std::asin(std::min(1.0, s_high / radius));
    const double half = 0.5 * (high - low);
    const double middle = 0.5 * (high + low);
    const double inverse_variance = 1.0 / (blur * blur);
    for (std::size_t i = 0; i < 2 * legendre_node.size(); ++i) {
        const std::size_t j = i / 2;
        const double theta = middle + (i % 2 == 0 ? half : -half) * legendre_node[j];
        const double sine = std::sin(theta);
        const double cosine = std::sqrt(1.0 - sine * sine);
        const double s = radius * sine;
        const double kernel = std::exp(-0.5 * (rho - s) * (rho - s) * inverse_variance) *
                              scaled_bessel_i0(rho * s * inverse_variance);
        const double weight = legendre_weight[j] * half * kernel * s * radius * cosine;
        const double transmission = std::exp(-attenuation * cosine);
        sum.shadow += weight * (1.0 - transmission);
        sum.d_attenuation += weight * cosine * transmission;
    }
    sum.shadow *= inverse_variance;
    sum.d_attenuation *= inverse_variance;
    return sum;
}

}  // namespace

ShadowProfile::ShadowProfile(double radius_px, double blur_px, double attenuation) {
    step_ = blur_px / nodes_per_blur;
    inverse_step_ = 1.0 / step_;
    const auto count =
        static_cast<std::size_t>(std::ceil((radius_px + kernel_reach * blur_px) / step_)) + 2;
    nodes_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const Blurred p =
            blurred_shadow(static_cast<double>(i) * step_, radius_px, blur_px, attenuation);
        nodes_[i].value = p.shadow;
        nodes_[i].d_log_attenuation = attenuation * p.d_attenuation;
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
