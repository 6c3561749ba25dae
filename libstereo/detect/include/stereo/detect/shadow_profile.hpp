#pragma once

#include <cmath>
#include <cstddef>
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
        if (node + 1 >= count_) return {};
        const double t = position - static_cast<double>(node);
        const double* const p = &table_[node];
        const double* const slope = p + d_rho * count_;
        const auto lerp = [&](Row row) {
            const double* const from = p + row * count_;
            return from[0] + t * (from[1] - from[0]);
        };
        Sample s;
        // Cubic Hermite: the value enters residuals, so it has to be smooth and exact.
        const double u = 1.0 - t;
        s.value = u * u * (1.0 + 2.0 * t) * p[0] + t * t * (3.0 - 2.0 * t) * p[1] +
                  t * u * step_ * (u * slope[0] - t * slope[1]);
        s.d_rho = 6.0 * t * u * inverse_step_ * (p[1] - p[0]) + u * (1.0 - 3.0 * t) * slope[0] +
                  t * (3.0 * t - 2.0) * slope[1];
        s.d_log_radius = lerp(d_log_radius);
        s.d_log_blur = lerp(d_log_blur);
        s.d_log_attenuation = lerp(d_log_attenuation);
        return s;
    }
    /// What is tabulated: a row of each, in the order of Sample.
    enum Row : std::size_t { value, d_rho, d_log_radius, d_log_blur, d_log_attenuation, rows };
    /// The table, for those that interpolate at many distances at once.
    struct Table {
        const double* values = nullptr;
        std::size_t nodes = 0;  ///< at distances 0, 1, 2, ... times step_px
        double step_px = 0.0;
        [[nodiscard]] const double* row(Row of) const { return values + of * nodes; }
    };
    [[nodiscard]] Table table() const { return {table_.data(), count_, step_}; }
    /// Where the table ends: the shadow is below 1e-5 from there on.
    [[nodiscard]] double extent_px() const {
        return count_ == 0 ? 0.0 : step_ * static_cast<double>(count_ - 1);
    }

  private:
    std::vector<double> table_;
    std::size_t count_ = 0;       // of nodes
    std::vector<float> shadows_;  // room for tabulate()
    double step_ = 0.0;
    double inverse_step_ = 0.0;
};

}  // namespace stereo
