#include "solid_sums.hpp"

#include <drr/core/error.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/projector/analytic.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace drr {
namespace {

void require_solid(const Shape& shape, int sign) {
    validate(shape);
    require(sign == 1 || sign == -1, "the sign of a solid must be 1 or -1");
}

}  // namespace

void AnalyticOptions::validate() const {
    require(samples_per_pixel >= 1 && samples_per_pixel <= 32,
            "samples_per_pixel must be between 1 and 32");
    require(rays_within >= 2 && rays_within <= 32 && rays_within % 2 == 0,
            "rays_within must be an even number between 2 and 32");
    require(dense_mu_per_mm >= 0.0, "dense_mu_per_mm must not be negative");
}

AnalyticOptions finer(AnalyticOptions options, int parts) {
    const auto over_parts = [parts](int number) { return (number + parts - 1) / parts; };
    constexpr int fewest = 2;
    int& samples = options.samples_per_pixel;
    if (samples > 1) samples = std::max(fewest, over_parts(samples));
    options.rays_within = 2 * over_parts(options.rays_within / 2);
    return options;
}

SolidsInView::SolidsInView(std::span<const SolidPart> solids, const XrayView& view,
                           const AnalyticOptions& options)
    : height_(view.height_px) {
    options.validate();
    view.validate();
    require(!solids.empty(), "there are no solids to find path lengths in");
    std::vector<std::string> materials;
    std::vector<bool> dense;
    std::vector<WeightedSolid> weighted;
    for (const SolidPart& solid : solids) {
        require_solid(solid.shape, solid.sign);
        const auto found = std::find(materials.begin(), materials.end(), solid.material);
        const auto channel = static_cast<std::size_t>(found - materials.begin());
        if (found == materials.end()) {
            materials.push_back(solid.material);
            dense.push_back(attenuation_per_mm(solid.material, options.dense_energy_kev) >=
                            options.dense_mu_per_mm);
        }
        weighted.push_back({solid.shape, static_cast<double>(solid.sign), channel, dense[channel]});
    }
    sums_ = std::make_shared<const SolidSums>(std::move(materials), weighted, view, options);
}

PathLengths SolidsInView::rows(RowRange rows) const {
    require(rows.first >= 0 && rows.first <= rows.last && rows.last <= height_,
            "rows of path lengths must be rows of the view");
    return sums_->rows(rows);
}

PathLengths path_lengths(std::span<const SolidPart> solids, const XrayView& view,
                         const AnalyticOptions& options) {
    return SolidsInView(solids, view, options).rows({0, view.height_px});
}

AnalyticProjector::AnalyticProjector(std::vector<PlacedSolid> solids,
                                     const AnalyticOptions& options)
    : solids_(std::move(solids)), options_(options) {
    options_.validate();
    for (const PlacedSolid& solid : solids_) {
        require_solid(solid.shape, solid.sign);
        require(std::isfinite(solid.mu_per_mm) && solid.mu_per_mm >= 0.0,
                "the attenuation of a solid must be finite and not negative");
    }
}

Image<float> AnalyticProjector::line_integrals(const XrayView& view) const {
    view.validate();
    std::vector<WeightedSolid> weighted;
    for (const PlacedSolid& solid : solids_)
        weighted.push_back({solid.shape, solid.sign * solid.mu_per_mm, 0,
                            solid.mu_per_mm >= options_.dense_mu_per_mm});
    // One material of which a mm is a line integral of 1 stands for all.
    const SolidSums sums({"all"}, weighted, view, options_);
    return drr::line_integrals(sums.rows({0, view.height_px}), std::array{1.0});
}

std::vector<PlacedSolid> place_phantom(const MarkerPhantom& phantom,
                                       const Rigid3& world_from_phantom, double energy_kev) {
    std::vector<PlacedSolid> solids;
    for (const SolidPart& part : moved(solid_parts(phantom), world_from_phantom))
        solids.push_back({part.shape, attenuation_per_mm(part.material, energy_kev), part.sign});
    return solids;
}

}  // namespace drr
