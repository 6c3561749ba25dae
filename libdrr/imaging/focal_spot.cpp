#include <drr/core/error.hpp>
#include <drr/imaging/focal_spot.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace drr {
namespace {

/// The generator of a lattice of n points: odd, so that the lattice is symmetric about its middle,
/// and of those without a common divisor with n the nearest to the golden section, whose lattices
/// fill the square evenly.
int generator(int n) {
    const double golden = 0.5 * (std::sqrt(5.0) - 1.0) * n;
    int best = 1;
    for (int g = 1; g < n; g += 2)
        if (std::gcd(g, n) == 1 && std::abs(g - golden) < std::abs(best - golden)) best = g;
    return best;
}

/// The standard normal's quantile of p in (0, 1), by Newton's method.
double normal_quantile(double p) {
    double z = 0.0;
    for (int step = 0; step < 50; ++step) {
        const double off = 0.5 * std::erfc(-z / std::numbers::sqrt2) - p;
        const double density = std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::numbers::pi);
        // a step of at most 1 does not run away from where the density is small
        z -= std::clamp(off / density, -1.0, 1.0);
    }
    return z;
}

}  // namespace

void FocalSpot::validate() const {
    require(size_mm.allFinite() && size_mm.minCoeff() >= 0.0,
            "the size of a focal spot must be finite and not negative");
    require(samples >= 1 && samples <= 1024, "the samples of a focal spot must be 1 to 1024");
}

std::vector<Eigen::Vector2d> spot_offsets_mm(const FocalSpot& spot) {
    spot.validate();
    if (spot.is_point()) return {Eigen::Vector2d::Zero()};
    const int n = spot.samples;
    // The n midpoints of a side, in its unit.
    std::vector<double> places;
    for (int i = 0; i < n; ++i)
        places.push_back((i + 0.5) / n - 0.5);
    if (spot.shape == SpotShape::gaussian && n > 1) {
        for (double& place : places)
            place = normal_quantile(place + 0.5);
        const double square =
            std::inner_product(places.begin(), places.end(), places.begin(), 0.0) / n;
        const double fwhm_per_sigma = 2.0 * std::sqrt(2.0 * std::numbers::ln2);
        for (double& place : places)
            place /= std::sqrt(square) * fwhm_per_sigma;
    }
    std::vector<Eigen::Vector2d> offsets;
    const int g = generator(n);
    for (int i = 0; i < n; ++i) {
        // frac((i + 1/2) g / n) is a midpoint again, since g is odd where n is even
        const int j = ((2 * i + 1) * g % (2 * n) - 1) / 2;
        offsets.emplace_back(places[static_cast<std::size_t>(i)] * spot.size_mm.x(),
                             places[static_cast<std::size_t>(j)] * spot.size_mm.y());
    }
    return offsets;
}

}  // namespace drr
