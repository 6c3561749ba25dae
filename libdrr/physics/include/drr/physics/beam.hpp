#pragma once

#include <drr/core/image.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/physics/materials.hpp>
#include <drr/physics/spectrum.hpp>

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace drr {

enum class DetectorKind {
    energy_integrating,  ///< signal in keV: what the photons left in the scintillator
    photon_counting,     ///< signal in photons, whatever their energy
};

/// The absorbing layer of a flat panel or an image intensifier.
struct DetectorOptions {
    DetectorKind kind = DetectorKind::energy_integrating;
    Material scintillator = find_material("csi");
    /// Of solid material: 0.6 mm of needles that fill three quarters of the layer.
    double thickness_mm = 0.45;
    Fluorescence fluorescence = Fluorescence::reabsorbed;

    void validate() const;
};

/// Mean and variance of a detector's signal, per photon of the open beam. For N photons on average
/// (Poisson), both times N.
struct SignalMoments {
    double mean = 0.0;
    double variance = 0.0;
};

/// Mean and variance in each pixel, per photon of the open beam there.
struct SignalImages {
    Image<float> mean;
    Image<float> variance;
};

/// Makes rows of a signal when they are wanted, as images of their own: from any threads at once.
using SignalRows = std::function<SignalImages(RowRange)>;

/// Polychromatic Beer-Lambert: a spectrum, a detector, and the materials between them. With q_i the
/// share of photons of energy E_i, d_i = 1 - exp(-mu_i t) the share that the detector stops and
/// e_i = E_i mu_abs,i / mu_i what such a photon leaves in it,
///     mean = sum q_i d_i e_i exp(-sum_m mu_im L_m),
///     variance = the same with e_i^2 in place of e_i:
/// a compound Poisson sum, since the photons of each energy are independent. What differs between
/// photons of one energy (escape, light yield) is left out. For photon counting e_i = 1.
class PolychromaticBeam {
  public:
    /// Throws Error(usage) for a bad spectrum, detector or material.
    PolychromaticBeam(const Spectrum& spectrum, const DetectorOptions& detector,
                      const std::vector<Material>& materials);

    [[nodiscard]] std::size_t materials() const noexcept { return mu_per_mm_.size(); }

    /// The same beam for materials that it knows, by their names and in this order. Throws
    /// Error(usage) for one that it does not know, listing those that it does.
    [[nodiscard]] PolychromaticBeam through(std::span<const std::string> names) const;

    /// The signal behind `lengths_mm` of each material, in the order given to the constructor.
    /// Negative lengths are allowed: a cavity in a body that was given as full.
    [[nodiscard]] SignalMoments moments(std::span<const double> lengths_mm) const;

    [[nodiscard]] SignalMoments open() const;

    /// -ln(mean / open mean): what a monochromatic model would take for the line integral.
    [[nodiscard]] double line_integral(std::span<const double> lengths_mm) const;

    /// The same for images of path lengths in single precision, all of one size, one for each
    /// material; vectors and threads, the same bytes whatever their number. Throws Error(usage)
    /// when number or sizes differ.
    [[nodiscard]] SignalImages moments(const std::vector<Image<float>>& lengths_mm) const;

  private:
    std::vector<std::string> names_;              ///< of the materials
    std::vector<double> mean_;                    ///< q_i d_i e_i
    std::vector<double> variance_;                ///< q_i d_i e_i^2
    std::vector<std::vector<double>> mu_per_mm_;  ///< [material][component]
};

}  // namespace drr
