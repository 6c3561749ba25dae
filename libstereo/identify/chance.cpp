#include "chance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace stereo {
namespace {

// log of the probability of k or more successes in n.
double log_binomial_tail(int n, int k, double p) {
    if (k <= 0) return 0.0;
    double largest = -std::numeric_limits<double>::infinity();
    std::vector<double> terms;
    for (int i = k; i <= n; ++i) {
        terms.push_back(std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0) +
                        i * std::log(p) + (n - i) * std::log1p(-p));
        largest = std::max(largest, terms.back());
    }
    double sum = 0.0;
    for (const double term : terms)
        sum += std::exp(term - largest);
    return std::min(0.0, largest + std::log(sum));
}

}  // namespace

double plausibility(const ViewProblem& view, const Naming& naming) {
    // No more found of n at a rate p is no fewer missed at a rate 1 - p.
    return std::exp(log_binomial_tail(naming.beads_visible,
                                      naming.beads_visible - naming.beads_accounted,
                                      1.0 - view.options.detection_rate));
}

ChanceHits chance_hits(const ViewProblem& view, const Naming& naming) {
    // The local density of blobs, from the distance to the fifth nearest; the whole image's at
    // least.
    const auto& centers = view.map.centers_px();
    const auto blobs = static_cast<double>(centers.size());
    const double sd_px_per_mm =
        scaled(view.nominal.pinhole, naming.fit.pose.log_focal).fx_px /
        (naming.fit.pose.view_from_phantom * centroid_of(view.constellation.beads_mm)).z();
    const double gate_px = view.options.gate_sd * std::hypot(naming.as_built_sd_mm * sd_px_per_mm,
                                                             view.options.blob_sd_px);
    const std::size_t neighbours = std::min<std::size_t>(5, centers.size() - 1);
    double density = 0.0;
    int counted = 0;
    for (std::size_t i = 0; i < centers.size(); ++i) {
        if (naming.marker_of_blob[i] < 0 || neighbours == 0) continue;
        std::vector<double> distances2;
        for (const auto& other : centers)
            distances2.push_back((other - centers[i]).squaredNorm());
        std::nth_element(distances2.begin(), distances2.begin() + static_cast<long>(neighbours),
                         distances2.end());
        density +=
            std::max(static_cast<double>(neighbours) / (std::numbers::pi * distances2[neighbours]),
                     blobs / view.map.area_px2());
        ++counted;
    }
    density = counted > 0 ? density / counted : blobs / view.map.area_px2();
    ChanceHits chance;
    chance.visible = std::max(naming.beads_visible, naming.beads_found);
    chance.found = naming.beads_found;
    chance.hit_rate = std::min(0.5, density * std::numbers::pi * gate_px * gate_px);
    // Each pose comes from all triples of the blobs that it names.
    const auto triples = [](double n) { return n * (n - 1.0) * (n - 2.0) / 6.0; };
    chance.log10_poses = chance.found < 4
                             ? std::numeric_limits<double>::infinity()
                             : std::log10(triples(blobs) / triples(chance.found) * 6.0 *
                                          triples(static_cast<double>(view.bead_count())) * 2.0);
    return chance;
}

double log10_chance(const ChanceHits& chance) {
    return chance.log10_poses +
           log_binomial_tail(chance.visible - 3, chance.found - 3, chance.hit_rate) /
               std::numbers::ln10;
}

double log10_chance_beyond_doubt(const IdentifyOptions& options) {
    constexpr double rarer = 0.01;
    return std::log10(rarer * options.max_error_probability);
}

}  // namespace stereo
