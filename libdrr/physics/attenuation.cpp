#include <drr/core/error.hpp>
#include <drr/physics/attenuation.hpp>

#include <fmt/format.h>
#include <xraylib.h>

#include <functional>

namespace drr {

namespace {

constexpr double electron_rest_energy_kev = 510.99895;
constexpr double cm_per_mm = 0.1;

using ElementCrossSection = std::function<double(int atomic_number, xrl_error** error)>;

/// Mixes cross-sections of the elements (cm2/g) by mass fraction; the result is in 1/mm.
double mixed_per_mm(const Material& material, double energy_kev,
                    const ElementCrossSection& cm2_per_g) {
    require(energy_kev >= attenuation_range_kev.low && energy_kev <= attenuation_range_kev.high,
            fmt::format("the photon energy must be between {} and {} keV, found {}",
                        attenuation_range_kev.low, attenuation_range_kev.high, energy_kev));
    double sum = 0.0;
    for (const auto& element : material.composition) {
        xrl_error* error = nullptr;
        sum += element.mass_fraction * cm2_per_g(element.atomic_number, &error);
        if (error != nullptr) {
            const std::string message = error->message;
            xrl_error_free(error);
            throw Error(ErrorCode::usage, fmt::format("no attenuation of element {} at {} keV: {}",
                                                      element.atomic_number, energy_kev, message));
        }
    }
    return sum * material.density_g_per_cm3 * cm_per_mm;
}

/// Mean share of its energy that a photon leaves to the electron in a Compton collision: the
/// Klein-Nishina differential cross-section, integrated over the cosine by Simpson's rule.
double compton_transfer(double energy_kev) {
    const double k = energy_kev / electron_rest_energy_kev;
    double transferred = 0.0;
    double total = 0.0;
    // The integrand is smooth below 1 MeV; 64 intervals leave errors below 1e-7.
    constexpr int intervals = 64;
    for (int i = 0; i <= intervals; ++i) {
        const double cosine = -1.0 + 2.0 * i / intervals;
        const double weight = i == 0 || i == intervals ? 1.0 : (i % 2 == 1 ? 4.0 : 2.0);
        const double kept = 1.0 / (1.0 + k * (1.0 - cosine));
        const double klein_nishina = kept * kept * (kept + 1.0 / kept - 1.0 + cosine * cosine);
        total += weight * klein_nishina;
        transferred += weight * klein_nishina * (1.0 - kept);
    }
    return transferred / total;
}

/// Energy that leaves as K and L x-rays after photoelectric absorption, over the photon's energy,
/// times the cross-section, cm2/g.
double fluorescence_cm2_per_g(int atomic_number, double energy_kev) {
    double sum = 0.0;
    for (const int line : {KA_LINE, KB_LINE, LA_LINE, LB_LINE}) {
        // Light elements do not have the line, and below the edge it is not excited: no error here.
        const double emitted =
            CS_FluorLine_Kissel_Cascade(atomic_number, line, energy_kev, nullptr);
        if (emitted > 0.0) sum += emitted * LineEnergy(atomic_number, line, nullptr) / energy_kev;
    }
    return sum;
}

}  // namespace

double attenuation_per_mm(const Material& material, double energy_kev) {
    return mixed_per_mm(material, energy_kev,
                        [&](int z, xrl_error** error) { return CS_Total(z, energy_kev, error); });
}

double attenuation_per_mm(const std::string& material, double energy_kev) {
    return attenuation_per_mm(find_material(material), energy_kev);
}

double energy_absorption_per_mm(const Material& material, double energy_kev,
                                Fluorescence fluorescence) {
    const double transfer = compton_transfer(energy_kev);
    return mixed_per_mm(material, energy_kev, [&](int z, xrl_error** error) {
        double absorbed = CS_Photo(z, energy_kev, error);
        if (*error == nullptr) absorbed += transfer * CS_Compt(z, energy_kev, error);
        if (fluorescence == Fluorescence::escapes)
            absorbed -= fluorescence_cm2_per_g(z, energy_kev);
        return absorbed;
    });
}

}  // namespace drr
