#include <drr/core/error.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/physics/spectrum.hpp>

#include <fmt/format.h>

#include <cmath>

namespace drr {

namespace {

void validate(const Filter& filter) {
    filter.material.validate();
    require(std::isfinite(filter.thickness_mm) && filter.thickness_mm >= 0.0,
            fmt::format("a filter's thickness must not be negative, found {} mm of {}",
                        filter.thickness_mm, filter.material.name));
}

/// Air kerma of each component, behind nothing.
std::vector<double> kerma_shares_ugy(const Spectrum& spectrum) {
    constexpr double microgray_per_kev_per_g = 1.602176634e-7;
    constexpr double mm2_per_cm2 = 100.0;
    constexpr double mm_per_cm = 10.0;
    const Material& air = find_material("air");
    std::vector<double> shares;
    for (const auto& c : spectrum.components) {
        const double cm2_per_g =
            mm_per_cm * energy_absorption_per_mm(air, c.energy_kev) / air.density_g_per_cm3;
        shares.push_back(c.photons * mm2_per_cm2 * c.energy_kev * cm2_per_g *
                         microgray_per_kev_per_g);
    }
    return shares;
}

}  // namespace

void Spectrum::validate() const {
    double previous = -INFINITY;
    for (const auto& c : components) {
        require(c.energy_kev > previous, "the energies of a spectrum must ascend");
        require(
            c.energy_kev >= attenuation_range_kev.low && c.energy_kev <= attenuation_range_kev.high,
            fmt::format("the energies of a spectrum must be between {} and {} keV, found {}",
                        attenuation_range_kev.low, attenuation_range_kev.high, c.energy_kev));
        require(std::isfinite(c.photons) && c.photons >= 0.0,
                fmt::format("a number of photons must not be negative, found {} at {} keV",
                            c.photons, c.energy_kev));
        previous = c.energy_kev;
    }
    require(photons() > 0.0, "the spectrum has no photons");
}

double Spectrum::photons() const {
    double sum = 0.0;
    for (const auto& c : components)
        sum += c.photons;
    return sum;
}

double Spectrum::mean_energy_kev() const {
    double sum = 0.0;
    for (const auto& c : components)
        sum += c.photons * c.energy_kev;
    return sum / photons();
}

Spectrum attenuated(const Spectrum& spectrum, const std::vector<Filter>& filters) {
    for (const Filter& filter : filters)
        validate(filter);
    Spectrum result = spectrum;
    for (auto& c : result.components) {
        double line_integral = 0.0;
        for (const Filter& filter : filters)
            line_integral +=
                filter.thickness_mm * attenuation_per_mm(filter.material, c.energy_kev);
        c.photons *= std::exp(-line_integral);
    }
    return result;
}

double air_kerma_ugy(const Spectrum& spectrum) {
    double sum = 0.0;
    for (const double share : kerma_shares_ugy(spectrum))
        sum += share;
    return sum;
}

double layer_mm(const Spectrum& spectrum, const Material& material, double share) {
    spectrum.validate();
    material.validate();
    require(share > 0.0 && share < 1.0,
            fmt::format("the share of air kerma must lie between 0 and 1, found {}", share));
    const std::vector<double> kerma = kerma_shares_ugy(spectrum);
    std::vector<double> mu_per_mm;
    for (const auto& c : spectrum.components)
        mu_per_mm.push_back(attenuation_per_mm(material, c.energy_kev));
    const double goal = share * air_kerma_ugy(spectrum);
    // Newton's method on a sum of decaying exponentials, which is convex and falls: from 0 it
    // never oversteps the root.
    double thickness_mm = 0.0;
    for (;;) {
        double value = -goal;
        double slope = 0.0;
        for (std::size_t i = 0; i < kerma.size(); ++i) {
            const double left = kerma[i] * std::exp(-mu_per_mm[i] * thickness_mm);
            value += left;
            slope += mu_per_mm[i] * left;
        }
        const double step_mm = value / slope;
        thickness_mm += step_mm;
        constexpr double relative_tolerance = 1e-10;
        if (step_mm <= relative_tolerance * thickness_mm) return thickness_mm;
    }
}

HalfValueLayers half_value_layers(const Spectrum& spectrum, const Material& material) {
    const double first_mm = layer_mm(spectrum, material, 0.5);
    return {first_mm, layer_mm(spectrum, material, 0.25) - first_mm};
}

}  // namespace drr
