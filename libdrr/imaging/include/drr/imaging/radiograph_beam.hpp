#pragma once

#include <drr/physics/beam.hpp>
#include <drr/physics/spectrum.hpp>

#include <Eigen/Core>

#include <variant>
#include <vector>

namespace drr {

/// Photons of one energy and a detector that counts each of them: textbook Beer-Lambert.
struct MonoenergeticBeam {
    double photon_energy_kev = 60.0;
};

/// An x-ray tube and a detector with a scintillator.
struct TubeBeam {
    TubeOptions tube;
    DetectorOptions detector;
};

using RadiographBeam = std::variant<MonoenergeticBeam, TubeBeam>;

/// Throws Error(usage) for an energy outside attenuation_range_kev, a bad tube or a bad detector.
void validate(const RadiographBeam& beam);

/// Mean and variance of the signal behind these materials. With one energy both are exp(-L).
[[nodiscard]] PolychromaticBeam make_beam(const RadiographBeam& beam,
                                          const std::vector<Material>& materials);

/// The signal of a MonoenergeticBeam from its line integrals: mean and variance exp(-L).
[[nodiscard]] SignalImages monoenergetic_signal(const Image<float>& line_integrals);

/// Photons of a tube's beam that fall on a pixel for an air kerma there. Throws Error(usage) unless
/// kerma and pitches are positive.
[[nodiscard]] double photons_per_pixel(const Spectrum& spectrum, double air_kerma_ugy,
                                       const Eigen::Vector2d& pixel_pitch_mm);

}  // namespace drr
