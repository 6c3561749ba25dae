#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace drr {

/// Where a row's numbers are drawn from.
struct PhiloxStream {
    std::array<std::uint32_t, 4> counter;  ///< of number 0
    std::array<std::uint32_t, 2> key;
};

/// PTRS's candidates that stand at once, from the block of each number: in whole vectors, of which
/// it returns how many numbers they hold. What takes more is left at -1.
std::size_t first_candidates(const PhiloxStream& stream, std::span<const double> means,
                             std::span<double> numbers);

/// Marks of numbers that have no candidate yet.
inline constexpr double rejected = -1.0;
inline constexpr double too_close_to_tell = -2.0;

/// PTRS's whole test of the candidates of certain numbers, `which` ascending, in whole vectors, of
/// which it returns how many of `which` they hold. Each number becomes its candidate or one of the
/// marks. The second where the logarithms of vectors, which differ between instruction sets in
/// their last bits, could decide otherwise than those of the library.
std::size_t test_candidates(const PhiloxStream& stream, std::span<const double> means,
                            std::span<const std::uint32_t> which, std::span<double> numbers);

}  // namespace drr
