#include <drr/core/error.hpp>
#include <drr/physics/attenuation.hpp>

#include <fmt/format.h>
#include <xraylib.h>

namespace drr {

double attenuation_per_mm(const Material& material, double energy_kev) {
    require(energy_kev >= attenuation_range_kev.low && energy_kev <= attenuation_range_kev.high,
            fmt::format("the photon energy must be between {} and {} keV, found {}",
                        attenuation_range_kev.low, attenuation_range_kev.high, energy_kev));
    double cm2_per_g = 0.0;
    for (const auto& element : material.composition) {
        xrl_error* error = nullptr;
        cm2_per_g += element.mass_fraction * CS_Total(element.atomic_number, energy_kev, &error);
        if (error != nullptr) {
            const std::string message = error->message;
            xrl_error_free(error);
            throw Error(ErrorCode::usage, fmt::format("no attenuation of element {} at {} keV: {}",
                                                      element.atomic_number, energy_kev, message));
        }
    }
    constexpr double cm_per_mm = 0.1;
    return cm2_per_g * material.density_g_per_cm3 * cm_per_mm;
}

double attenuation_per_mm(const std::string& material, double energy_kev) {
    return attenuation_per_mm(find_material(material), energy_kev);
}

}  // namespace drr
