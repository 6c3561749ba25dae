#pragma once

#include <drr/core/image.hpp>
#include <drr/core/rng.hpp>

#include <cstdint>

namespace drr {

/// How a detector turns line integrals into grey values.
struct FormationOptions {
    double photons_per_pixel = 20000.0;  ///< expected number in the open beam
    bool quantum_noise = true;
    double blur_sigma_px = 0.6;       ///< of the detector's point spread; it blurs the noise too
    double open_beam_grey = 50000.0;  ///< grey value of the open beam; full scale is 65535

    /// Throws Error(usage).
    void validate() const;
};

/// The radiograph of mono-energetic Beer-Lambert attenuation: photons N0 exp(-L), Poisson noise,
/// detector blur, and grey values linear in what remains (dark = dense), rounded and clipped to 16
/// bits. `key` names the noise by seed, trial and view (drr/imaging/noise.hpp). Same bytes whatever
/// the number of threads. Throws Error(usage) for options out of range and line integrals that are
/// NaN or so negative that exp(-L) overflows.
[[nodiscard]] Image<std::uint16_t> form_radiograph(const Image<float>& line_integrals,
                                                   const FormationOptions& options,
                                                   const RngKey& key);

}  // namespace drr
