#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace drr {

/// Where a row's numbers are drawn from.
struct PhiloxStream {
    std::array<std::uint32_t, 4> counter;  ///< of block 0
    std::array<std::uint32_t, 2> key;
};

/// Marks a number that is still open.
inline constexpr double open_number = -1.0;

/// Those Poisson numbers of a row, in whole vectors, that take no more than their 64 bits and whose
/// expansion is clear (poisson_of_normal.hpp); the others are marked. Returns how many numbers the
/// vectors hold.
std::size_t clear_numbers(const PhiloxStream& stream, std::span<const double> means,
                          std::span<double> numbers);

}  // namespace drr
