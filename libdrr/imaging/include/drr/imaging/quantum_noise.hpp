#pragma once

#include <drr/core/image.hpp>
#include <drr/core/rng.hpp>
#include <drr/physics/beam.hpp>

namespace drr {

/// A detector's signal for an expected number of photons per pixel of the open beam: a random
/// number k var/mean in each pixel, with k from a Poisson distribution of mean `photons`
/// mean^2/var. Its mean and variance are those of the compound Poisson sum over all photons,
/// `photons` times the moments given; of its skewness it keeps what a scaled Poisson distribution
/// has (Bohm and Zech, Nucl. Instrum. Methods A 748 (2014) 1). Where each photon counts 1, it is
/// the Poisson number itself. The stream of each row is `key` with purpose quantum_noise and the
/// row as element, so the same key gives the same image whatever the number of threads, and rows
/// drawn by themselves, of which the first is `first_row`, are those of the whole image. No photons
/// where a moment is not above 0, as cubic interpolation leaves it beside dense metal. Throws
/// Error(usage) where moments are not finite or sizes differ.
[[nodiscard]] Image<float> quantum_noise(const SignalImages& per_photon, double photons,
                                         const RngKey& key, int first_row = 0);

}  // namespace drr
