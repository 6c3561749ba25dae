#pragma once

#include <drr/core/image.hpp>
#include <drr/core/rng.hpp>

namespace drr {

/// Replaces each expected number of photons by a Poisson number with that mean. The stream of each
/// row is `key` with purpose quantum_noise and the row as element, so the same key gives the same
/// image whatever the number of threads.
void add_quantum_noise(Image<float>& photons, const RngKey& key);

}  // namespace drr
