#pragma once

#include <cstddef>

namespace stereo {

/// Rows of numbers side by side, `stride` apart: a multiple of product_padding.
struct PaddedRows {
    const double* first = nullptr;
    std::size_t count = 0;
    std::size_t stride = 0;
};

inline constexpr std::size_t product_padding = 8;

[[nodiscard]] constexpr std::size_t padded_stride(std::size_t columns) {
    return (columns + product_padding - 1) / product_padding * product_padding;
}

/// sums[i stride + k], k <= i < stride: the sum over the rows of the product of columns i and k.
/// What is above i is not to be read. In registers of as many numbers as the machine has, where
/// Eigen's products keep to the two that any x86-64 has.
void product_sums(const PaddedRows& rows, double* sums);

}  // namespace stereo
