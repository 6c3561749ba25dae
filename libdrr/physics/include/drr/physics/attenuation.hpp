#pragma once

#include <drr/core/yaml_reader.hpp>
#include <drr/physics/materials.hpp>

#include <string>

namespace drr {

/// Photon energies that attenuation is given for. Below, the edges of light elements matter, which
/// tubes filter out; above, pair production sets in, which the tables leave out.
inline constexpr Range attenuation_range_kev{5.0, 500.0};

/// Linear attenuation coefficient of a narrow beam, 1/mm: photoelectric absorption, incoherent and
/// coherent scattering, mixed by mass fraction, from xraylib's tables (Schoonjans et al., "The
/// xraylib library for X-ray-matter interactions", Spectrochim. Acta B 66, 2011). Throws
/// Error(usage) for an energy outside attenuation_range_kev.
[[nodiscard]] double attenuation_per_mm(const Material& material, double energy_kev);

/// The same for a material by name. Throws Error(usage) for an unknown one, listing the known.
[[nodiscard]] double attenuation_per_mm(const std::string& material, double energy_kev);

/// Where the characteristic x-rays go that follow photoelectric absorption.
enum class Fluorescence {
    escapes,     ///< they leave: the tabulated mu_en, for thin or light absorbers
    reabsorbed,  ///< they end near where they began, as most do in a scintillator
};

/// Linear energy-absorption coefficient, 1/mm: photoelectric absorption, less the energy of K and L
/// x-rays that escape, and the share of Compton collisions that the electron gets (Klein-Nishina).
/// Bremsstrahlung of the electrons is left out (below 1 % under 150 keV in elements up to lead).
/// Within 1.5 % of NIST's mu_en for air from 10 to 200 keV. (xraylib's own CS_Energy is not used:
/// in version 4.0 it is up to a third below NIST's tables for air between 15 and 50 keV.)
/// Throws Error(usage) for an energy outside attenuation_range_kev.
[[nodiscard]] double energy_absorption_per_mm(const Material& material, double energy_kev,
                                              Fluorescence fluorescence = Fluorescence::escapes);

}  // namespace drr
