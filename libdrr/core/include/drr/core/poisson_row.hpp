#pragma once

#include <drr/core/rng.hpp>

#include <cstddef>
#include <span>

namespace drr {

/// Most numbers of one row.
inline constexpr std::size_t poisson_row_limit = std::size_t{1} << 24;

/// A Poisson number of each mean from the stream of `key`, many at once: the least k at which the
/// distribution function reaches a uniform number on (0, 1). The first 32 of its 52 bits, the
/// highest ones, are word n % 4 of Philox block n / 4, the others the first of block 2^24 + n,
/// which is drawn only where they can tell: so number n depends on no other mean. It is the same
/// whatever the instruction set. Beyond 2^24 it is the nearest that single precision holds. A mean
/// that is not above 0 gives 0. Throws Error(usage) where numbers are not as many as means, or more
/// than poisson_row_limit.
void poisson_row(const RngKey& key, std::span<const float> means, std::span<float> numbers);

}  // namespace drr
