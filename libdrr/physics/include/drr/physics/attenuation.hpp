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

}  // namespace drr
