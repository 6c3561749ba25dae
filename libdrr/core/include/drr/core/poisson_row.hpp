#pragma once

#include <drr/core/rng.hpp>

#include <cstddef>
#include <span>

namespace drr {

/// Most numbers of one row.
inline constexpr std::size_t poisson_row_limit = std::size_t{1} << 24;

/// A Poisson number of each mean from the stream of `key`, exact in distribution by the methods of
/// Rng::poisson, many at once. Numbers 2n and 2n + 1 are made of two words each of Philox block n,
/// and what one takes beyond comes of blocks after 2^24 that are its own: so it depends on no other
/// mean. It is the same whatever the instruction set. Beyond 2^24 it is the nearest that single
/// precision holds. A mean that is not above 0 gives 0. Throws
/// Error(usage) where numbers are not as many as means, or more than poisson_row_limit.
void poisson_row(const RngKey& key, std::span<const float> means, std::span<float> numbers);

}  // namespace drr
