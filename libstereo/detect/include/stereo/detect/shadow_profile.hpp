#pragma once

#include <cmath>
#include <vector>

namespace stereo {

/// The shadow of a ball under parallel rays, seen through a Gaussian blur: a function of the
/// distance rho from the centre only.
///
/// A homogeneous ball of radius r casts the unblurred shadow
///     S(rho) = 1 - exp(-k sqrt(1 - rho^2 / r^2)),  rho < r
/// with k the line integral through its centre (Beer-Lambert; chord 2 sqrt(r^2 - rho^2)). Its blur
/// by a Gaussian of standard deviation b is
///     P(rho) = int_0^r S(s) (s / b^2) exp(-(rho^2 + s^2) / (2 b^2)) I0(rho s / b^2) ds,
/// tabulated once and interpolated. The derivatives follow without further integrals: blurring is
/// diffusion, so dP/db = b laplace(P), and P depends on rho/r and b/r only, so
/// r dP/dr = -rho dP/drho - b dP/db.
class ShadowProfile {
  public:
    /// Empty: no shadow anywhere.
    ShadowProfile() = default;
    /// Radius and blur in pixels, both positive; `attenuation` is k, positive.
    ShadowProfile(double radius_px, double blur_px, double attenuation) {
        tabulate(radius_px, blur_px, attenuation);
    }
    /// The same in the memory of an earlier table.
    void tabulate(double radius_px, double blur_px, double attenuation);

    struct Sample {
        double value = 0.0;              ///< P, 0 (no shadow) to 1
        double d_rho = 0.0;              ///< dP/drho, 1/px
        double d_log_radius = 0.0;       ///< dP/d(ln r)
        double d_log_blur = 0.0;         ///< dP/d(ln b)
        double d_log_attenuation = 0.0;  ///< dP/d(ln k)
    };
    /// P and its derivatives; interpolated to 1e-4 of the contrast in value, 1e-3 in the slope and
    /// 1e-2 in the other derivatives. Zero beyond extent_px().
    [[nodiscard]] Sample at(double rho_px) const {
        const double position = rho_px * inverse_step_;
        const auto node = static_cast<std::size_t>(position);
        if (node + 1 >= nodes_.size()) return {};
        const double t = position - static_cast<double>(node);
        const Sample& a = nodes_[node];
        const Sample& b = nodes_[node + 1];
        const auto lerp = [t](double from, double to) { return from + t * (to - from); };
        Sample s;
        // Cubic Hermite: the value enters residuals, so it has to be smooth and exact.
        const double u = 1.0 - t;
        s.value = u * u * (1.0 + 2.0 * t) * a.value + t * t * (3.0 - 2.0 * t) * b.value +
                  t * u * step_ * (u * a.d_rho - t * b.d_rho);
        s.d_rho = 6.0 * t * u * inverse_step_ * (b.value - a.value) +
                  u * (1.0 - 3.0 * t) * a.d_rho + t * (3.0 * t - 2.0) * b.d_rho;
        s.d_log_radius = lerp(a.d_log_radius, b.d_log_radius);
        s.d_log_blur = lerp(a.d_log_blur, b.d_log_blur);
        s.d_log_attenuation = lerp(a.d_log_attenuation, b.d_log_attenuation);
        return s;
    }
    /// Where the table ends: the shadow is below 1e-5 from there on.
    [[nodiscard]] double extent_px() const {
        return nodes_.empty() ? 0.0 : step_ * static_cast<double>(nodes_.size() - 1);
    }

  private:
    std::vector<Sample> nodes_;
    std::vector<float> shadows_;  // room for tabulate()
    double step_ = 0.0;
    double inverse_step_ = 0.0;
};

}  // namespace stereo
