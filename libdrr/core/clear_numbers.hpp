#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace drr {

/// Where a row's numbers are drawn from.
struct PhiloxStream {
    std::array<std::uint32_t, 4> counter;  ///< of block 0
    std::array<std::uint32_t, 2> key;
};

/// A number that takes more than vectors give.
struct OpenNumber {
    std::uint32_t n;     ///< its place in the row
    std::uint32_t word;  ///< its share of a block
};

/// Those Poisson numbers of a row, in whole vectors, that take no more than their word and whose
/// expansion is clear (poisson_of_normal.hpp); the others are added to `open`. Returns how many
/// numbers the vectors hold.
std::size_t clear_numbers(const PhiloxStream& stream, std::span<const float> means,
                          std::span<float> numbers, std::vector<OpenNumber>& open);

}  // namespace drr
