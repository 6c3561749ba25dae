#pragma once

#include <drr/core/yaml_reader.hpp>
#include <drr/physics/materials.hpp>

#include <string>
#include <vector>

namespace drr {

/// A slab that the whole beam crosses.
struct Filter {
    Material material;
    double thickness_mm = 0.0;
};

/// Photons of one energy: a bin of the continuum at its centre, or a line (width 0) at its own
/// energy, so that a line next to an absorption edge stays on its side of it.
struct SpectralComponent {
    double energy_kev = 0.0;
    double width_kev = 0.0;
    double photons = 0.0;
};

/// A beam's photons by energy, in ascending order. What the photons are counted in is the maker's
/// business: tube_spectrum() gives shares of one photon that leaves the last filter.
struct Spectrum {
    std::vector<SpectralComponent> components;

    /// Throws Error(usage) unless energies ascend within attenuation_range_kev, numbers are finite
    /// and not negative, and some photon is there.
    void validate() const;
    [[nodiscard]] double photons() const;
    [[nodiscard]] double mean_energy_kev() const;
};

/// Voltages for which the model was compared with IEC 61267 (docs/physics.md).
inline constexpr Range tube_voltage_range_kv{30.0, 150.0};

/// An x-ray tube at constant potential with a tungsten anode, on the central ray.
struct TubeOptions {
    double voltage_kv = 90.0;
    double anode_angle_rad = 0.20943951023931953;  ///< 12 degrees, usual in radiography
    std::vector<Filter> filters;                   ///< inherent and added, in any order
    double bin_width_kev = 1.0;                    ///< as a rule; fitted to end at the voltage

    void validate() const;
};

/// The spectrum of a tungsten anode after its filters, normalized to one photon. Ebel, "X-ray tube
/// spectra", X-Ray Spectrometry 28 (1999) 255-266: continuum (equations in docs/physics.md), K
/// lines excited by electrons, self-absorption by the mean depth of Love and Scott. L lines are
/// left out: they lie below 12.1 keV, where a filter of 1 mm of aluminium passes less than 5 %.
/// Throws Error(usage) for options out of range and when the filters leave nothing to count.
[[nodiscard]] Spectrum tube_spectrum(const TubeOptions& options = {});

/// Heel effect: the energy behind the filters in rays that leave the anode's surface at these
/// angles, relative to the central ray, which leaves it at the anode angle. Below the surface 0.
/// The model is that of tube_spectrum(): the shallower a ray, the longer its way out of the anode.
/// That these rays are also harder, and cross the filters obliquely, is left out.
[[nodiscard]] std::vector<double> heel_ratios(const TubeOptions& tube,
                                              const std::vector<double>& take_off_rad);

/// The spectrum behind more filters; photons that are lost are missing from the sum.
[[nodiscard]] Spectrum attenuated(const Spectrum& spectrum, const std::vector<Filter>& filters);

/// Air kerma of a fluence of `photons()` per mm2, microgray.
[[nodiscard]] double air_kerma_ugy(const Spectrum& spectrum);

/// Thickness, mm, of `material` that brings air kerma down to `share` (in (0, 1)) in narrow beam:
/// share 0.5 is the first half-value layer.
[[nodiscard]] double layer_mm(const Spectrum& spectrum, const Material& material,
                              double share = 0.5);

/// First and second half-value layer, and the homogeneity coefficient: their ratio (IEC 61267).
struct HalfValueLayers {
    double first_mm = 0.0;
    double second_mm = 0.0;
    [[nodiscard]] double homogeneity() const { return first_mm / second_mm; }
};
[[nodiscard]] HalfValueLayers half_value_layers(const Spectrum& spectrum, const Material& material);

}  // namespace drr
