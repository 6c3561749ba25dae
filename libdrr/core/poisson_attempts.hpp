#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace drr {

/// PTRS's candidates that stand at once, from the first Philox block of each number: in whole
/// vectors, of which it returns how many numbers they hold. What takes more is left at -1.
std::size_t poisson_attempts(const std::array<std::uint32_t, 4>& counter,
                             const std::array<std::uint32_t, 2>& key, std::span<const double> means,
                             std::span<double> numbers);

}  // namespace drr
