#include <drr/core/error.hpp>
#include <drr/volume/hu_to_mu.hpp>

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace drr {

MuCurve::MuCurve(std::vector<MuKnot> knots) : knots_(std::move(knots)) {
    require(knots_.size() >= 2, "a curve from HU to mu needs at least two knots");
    double slope = 0.0;
    for (std::size_t n = 0; n < knots_.size(); ++n) {
        const MuKnot& b = knots_[n];
        require(std::isfinite(b.hu) && std::isfinite(b.mu_per_mm) && b.mu_per_mm >= 0.0,
                "a knot's HU must be finite and its mu finite and not negative");
        if (n == 0) continue;
        const MuKnot& a = knots_[n - 1];
        require(b.hu > a.hu && b.mu_per_mm >= a.mu_per_mm,
                fmt::format("knots must grow in HU and not fall in mu; after ({:g} HU, {:g} / mm) "
                            "comes ({:g} HU, {:g} / mm)",
                            a.hu, a.mu_per_mm, b.hu, b.mu_per_mm));
        const double next = (b.mu_per_mm - a.mu_per_mm) / (b.hu - a.hu);
        bends_.push_back({a.hu, next - slope});
        slope = next;
    }
}

void HuToMu::validate() const {
    require(low_hu < high_hu,
            fmt::format("the window of HU must grow, found {:g} to {:g}", low_hu, high_hu));
    const double first_hu = curve.knots().front().hu;
    require(clip_hu > first_hu,
            fmt::format("the HU to clip at must be above {:g}, found {:g}", first_hu, clip_hu));
}

HuToMu water_rule(double mu_water_per_mm) {
    require(std::isfinite(mu_water_per_mm) && mu_water_per_mm > 0.0,
            "mu_water_per_mm must be positive");
    HuToMu rule;
    rule.curve = MuCurve({{-1000.0, 0.0}, {0.0, mu_water_per_mm}});
    return rule;
}

HuToMu water_bone_rule(double mu_water_per_mm, double bone_hu, double bone_mu_per_mm) {
    HuToMu rule = water_rule(mu_water_per_mm);
    rule.curve = MuCurve({{-1000.0, 0.0}, {0.0, mu_water_per_mm}, {bone_hu, bone_mu_per_mm}});
    return rule;
}

double hounsfield(double mu_per_mm, double mu_water_per_mm) {
    require(mu_water_per_mm > 0.0, "mu_water_per_mm must be positive");
    return 1000.0 * (mu_per_mm / mu_water_per_mm - 1.0);
}

}  // namespace drr
