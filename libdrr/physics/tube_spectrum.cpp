#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/physics/spectrum.hpp>

#include <fmt/format.h>
#include <xraylib.h>

#include <algorithm>
#include <cmath>

namespace drr {

namespace {

// The equations of Ebel (1999) for Z = 74; energies in keV.
constexpr int tungsten = 74;
constexpr double z = tungsten;
constexpr double atomic_weight = 183.84;
constexpr double mean_ionization_kev = 0.0135 * z;
// Photons per (mA s sr): per keV for the continuum, per line of probability 1 for the K shell. Only
// their ratio matters here.
constexpr double continuum_constant = 1.35e9;
constexpr double k_shell_constant = 5.0e13;

/// Mean mass depth, g/cm2, at which photons of `energy_kev` arise (Love and Scott 1978).
double mean_depth_g_per_cm2(double voltage_kv, double energy_kev) {
    const double log_z = std::log(z);
    const double exponent = 0.1382 - 0.9211 / std::sqrt(z);
    const double backscatter =
        std::pow(voltage_kv, exponent) *
        (0.1904 - 0.2236 * log_z + 0.1292 * log_z * log_z - 0.0149 * log_z * log_z * log_z);
    const double log_overvoltage = std::log(voltage_kv / energy_kev);
    const double range = atomic_weight / z *
                         (0.787e-5 * std::sqrt(mean_ionization_kev) * std::pow(voltage_kv, 1.5) +
                          0.735e-6 * voltage_kv * voltage_kv);
    return range * log_overvoltage *
           (0.49269 - 1.0987 * backscatter + 0.78557 * backscatter * backscatter) /
           (0.70256 - 1.09865 * backscatter + 1.0046 * backscatter * backscatter + log_overvoltage);
}

/// Absorption in the anode along the central ray, from twice the mean depth.
double self_absorption(const TubeOptions& tube, double energy_kev, double made_at_kev) {
    // Electrons fall across the central ray, so they meet the surface at 90 degrees less its angle.
    const double path =
        2.0 * mean_depth_g_per_cm2(tube.voltage_kv, made_at_kev) / std::tan(tube.anode_angle_rad);
    return CS_Photo(tungsten, energy_kev, nullptr) * path;
}

/// Share of photons that get out when they are made evenly down to where `absorption` counts from.
double escaping(double absorption) {
    return -std::expm1(-absorption) / absorption;
}

double escaping(const TubeOptions& tube, double energy_kev, double made_at_kev) {
    return escaping(self_absorption(tube, energy_kev, made_at_kev));
}

double k_edge_kev() {
    return EdgeEnergy(tungsten, K_SHELL, nullptr);
}

double continuum_per_kev(const TubeOptions& tube, double energy_kev) {
    const double exponent = 1.109 - 0.00435 * z + 0.00175 * tube.voltage_kv;
    return continuum_constant * z * std::pow(tube.voltage_kv / energy_kev - 1.0, exponent) *
           escaping(tube, energy_kev, energy_kev);
}

/// Vacancies of the K shell that the electrons make, in the units of k_shell_constant: Ebel's
/// stopping factor 1/S times his backscatter factor R.
double k_vacancies(double voltage_kv, double edge_kev) {
    const double u = voltage_kv / edge_kev;
    const double loss = u * std::log(u) + 1.0 - u;
    constexpr double electrons = 2.0;  // z_K and b_K
    constexpr double b = 0.35;
    const double stopping =
        electrons * b / z * loss *
        (1.0 + 16.05 * std::sqrt(mean_ionization_kev / edge_kev) *
                   (std::sqrt(u) * std::log(u) + 2.0 * (1.0 - std::sqrt(u))) / loss);
    const double backscatter = 1.0 - 0.0081517 * z + 3.613e-5 * z * z +
                               0.009583 * z * std::exp(-u) + 0.001141 * voltage_kv;
    return stopping * backscatter;
}

void add_k_lines(const TubeOptions& tube, Spectrum& spectrum) {
    const double edge_kev = k_edge_kev();
    if (tube.voltage_kv <= edge_kev) return;
    const double emitted = k_shell_constant * k_vacancies(tube.voltage_kv, edge_kev) *
                           FluorYield(tungsten, K_SHELL, nullptr);
    for (const int line : {KL2_LINE, KL3_LINE, KM2_LINE, KM3_LINE, KN2_LINE, KN3_LINE}) {
        const double energy_kev = LineEnergy(tungsten, line, nullptr);
        spectrum.components.push_back(
            {energy_kev, 0.0,
             emitted * RadRate(tungsten, line, nullptr) * escaping(tube, energy_kev, edge_kev)});
    }
    std::sort(spectrum.components.begin(), spectrum.components.end(),
              [](const auto& a, const auto& b) { return a.energy_kev < b.energy_kev; });
}

}  // namespace

void TubeOptions::validate() const {
    require(voltage_kv >= tube_voltage_range_kv.low && voltage_kv <= tube_voltage_range_kv.high,
            fmt::format("the tube voltage must be between {} and {} kV, found {}",
                        tube_voltage_range_kv.low, tube_voltage_range_kv.high, voltage_kv));
    constexpr double least = 5.0 * degree;  // below, the heel cuts into any useful field
    constexpr double most = 45.0 * degree;
    require(anode_angle_rad >= least && anode_angle_rad <= most,
            fmt::format("the anode angle must be between 5 and 45 degrees, found {:g}",
                        anode_angle_rad / degree));
    constexpr double widest_kev = 5.0;  // wider bins blur the L and K edges of filters
    require(bin_width_kev >= 0.1 && bin_width_kev <= widest_kev,
            fmt::format("the bin width must be between 0.1 and {} keV, found {}", widest_kev,
                        bin_width_kev));
}

Spectrum tube_spectrum(const TubeOptions& options) {
    options.validate();
    const double low_kev = attenuation_range_kev.low;
    const double span_kev = options.voltage_kv - low_kev;
    const auto count = static_cast<int>(std::lround(span_kev / options.bin_width_kev));
    const double width_kev = span_kev / count;
    Spectrum spectrum;
    for (int i = 0; i < count; ++i) {
        const double energy_kev = low_kev + (i + 0.5) * width_kev;
        spectrum.components.push_back(
            {energy_kev, width_kev, width_kev * continuum_per_kev(options, energy_kev)});
    }
    add_k_lines(options, spectrum);
    const double unfiltered = spectrum.photons();
    spectrum = attenuated(spectrum, options.filters);
    // Less than one photon in 10^15: no exposure counts them.
    constexpr double least_share = 1e-15;
    require(spectrum.photons() > least_share * unfiltered,
            "the filters leave no photons; they must be thinner or the voltage higher");
    const double total = spectrum.photons();
    for (auto& c : spectrum.components)
        c.photons /= total;
    return spectrum;
}

std::vector<double> heel_ratios(const TubeOptions& tube, const std::vector<double>& take_off_rad) {
    const Spectrum spectrum = tube_spectrum(tube);
    const double central = std::sin(tube.anode_angle_rad);
    std::vector<double> ratios(take_off_rad.size(), 0.0);
    double energy_kev = 0.0;
    for (const auto& c : spectrum.components) {
        const bool line = c.width_kev == 0.0;
        const double absorption =
            self_absorption(tube, c.energy_kev, line ? k_edge_kev() : c.energy_kev);
        const double made_kev = c.photons * c.energy_kev / escaping(absorption);
        energy_kev += c.photons * c.energy_kev;
        for (std::size_t i = 0; i < ratios.size(); ++i)
            if (take_off_rad[i] > 0.0)
                ratios[i] += made_kev * escaping(absorption * central / std::sin(take_off_rad[i]));
    }
    for (double& ratio : ratios)
        ratio /= energy_kev;
    return ratios;
}

}  // namespace drr
