#pragma once

#include <drr/core/rng.hpp>

#include <cstddef>
#include <span>

namespace drr {

/// Most numbers of one row.
inline constexpr std::size_t poisson_row_limit = std::size_t{1} << 24;

/// A Poisson number of each mean from the stream of `key`, exact in distribution by the methods of
/// Rng::poisson, many at once. Number n comes of Philox block n, and of blocks n + 2^24, n + 2 2^24
/// ... while candidates are rejected, so it depends on no other mean; by operations that have one
/// correct result, so it is the same whatever the instruction set. A mean that is not above 0 gives
/// 0. Throws Error(usage) where numbers are not as many as means, or more than poisson_row_limit.
void poisson_row(const RngKey& key, std::span<const double> means, std::span<double> numbers);

}  // namespace drr
