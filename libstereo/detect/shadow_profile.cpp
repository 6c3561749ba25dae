#include <stereo/detect/shadow_profile.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>

namespace stereo {
namespace {

// Nodes a blur length: cubic interpolation of a Gaussian edge then errs by 1e-4.
constexpr double nodes_per_blur = 3.0;
// The Gaussian is cut where it is 4e-6 of its peak.
constexpr double kernel_reach = 5.0;

// Gauss-Legendre rule of 16 nodes on [-1, 1], positive half (Abramowitz & Stegun 25.4.30).
constexpr std::array<float, 8> legendre_node = {
    0.0950125098376374F, 0.2816035507792589F, 0.4580167776572274F, 0.6178762444026438F,
    0.7554044083550030F, 0.8656312023878318F, 0.9445750230732326F, 0.9894009349916499F};
constexpr std::array<float, 8> legendre_weight = {
    0.1894506104550685F, 0.1826034150449236F, 0.1691565193950025F, 0.1495959888165767F,
    0.1246289712555339F, 0.0951585116824928F, 0.0622535239386479F, 0.0271524594117541F};
// Single precision is plenty for a table that is interpolated to 1e-4, and twice as fast.
using Nodes = Eigen::Array<float, 16, 1>;

Nodes both_halves(const std::array<float, 8>& half, float sign) {
    const Eigen::Map<const Eigen::Array<float, 8, 1>> positive(half.data());
    Nodes nodes;
    nodes << positive, sign * positive;
    return nodes;
}

constexpr float join = 3.75F;  // of the two approximations

/// exp(-x) I0(x) for x >= 0, to 2e-7 (Abramowitz & Stegun 9.8F.1 and 9.8F.2).
Nodes scaled_bessel_i0(const Nodes& x) {
    const auto small = [](const Nodes& at) -> Nodes {
        const Nodes t = at.square() * (1.0F / (join * join));
        return (-at).exp() *
               (1.0F + t * (3.5156229F +
                            t * (3.0899424F +
                                 t * (1.2067492F +
                                      t * (0.2659732F + t * (0.0360768F + t * 0.0045813F))))));
    };
    const auto large = [](const Nodes& at) -> Nodes {
        const Nodes t = join / at;
        return (0.39894228F +
                t * (0.01328592F +
                     t * (0.00225319F +
                          t * (-0.00157565F +
                               t * (0.00916281F +
                                    t * (-0.02057706F +
                                         t * (0.02635537F +
                                              t * (-0.01647633F + t * 0.00392377F)))))))) /
               at.sqrt();
    };
    if (x.minCoeff() >= join) return large(x);
    if (x.maxCoeff() < join) return small(x);
    return (x < join).select(small(x.min(join)), large(x.max(join)));
}

struct Blurred {
    double shadow = 0.0F;
    double d_attenuation = 0.0F;
};

/// P(rho) and dP/dk. With s^2 = r^2 (1 - t^2) the chord is 2 r t, and the integrand over t is
/// analytic, at the edge and in the centre.
Blurred blurred_shadow(float rho, float radius, float blur, float attenuation) {
    static const Nodes node = both_halves(legendre_node, -1.0F);
    static const Nodes node_weight = both_halves(legendre_weight, 1.0F);
    const float s_low = std::max(0.0F, rho - static_cast<float>(kernel_reach) * blur) / radius;
    const float s_high = std::min(1.0F, (rho + static_cast<float>(kernel_reach) * blur) / radius);
    if (s_low >= s_high) return {};
    const float high = std::sqrt(1.0F - s_low * s_low);
    const float low = std::sqrt(1.0F - s_high * s_high);
    const float half = 0.5F * (high - low);
    const float inverse_variance = 1.0F / (blur * blur);
    const Nodes t = 0.5F * (high + low) + half * node;
    const Nodes s = radius * (1.0F - t.square()).sqrt();
    const Nodes weight = (radius * radius * inverse_variance * half) * node_weight * t *
                         (-0.5F * inverse_variance * (rho - s).square()).exp() *
                         scaled_bessel_i0((rho * inverse_variance) * s);
    const Nodes transmission = (-attenuation * t).exp();
    return {(weight * (1.0F - transmission)).sum(), (weight * t * transmission).sum()};
}

}  // namespace

void ShadowProfile::tabulate(double radius_px, double blur_px, double attenuation) {
    step_ = blur_px / nodes_per_blur;
    inverse_step_ = 1.0 / step_;
    const auto count =
        static_cast<std::size_t>(std::ceil((radius_px + kernel_reach * blur_px) / step_)) + 2;
    nodes_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const Blurred p = blurred_shadow(static_cast<float>(static_cast<double>(i) * step_),
                                         static_cast<float>(radius_px), static_cast<float>(blur_px),
                                         static_cast<float>(attenuation));
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
