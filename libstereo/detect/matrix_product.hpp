#pragma once

#include <cstddef>

namespace stereo {

/// Rows of a factor are worked on in vectors, so their number is a multiple of this.
inline constexpr std::size_t row_padding = 8;

[[nodiscard]] constexpr std::size_t padded_rows(std::size_t rows) {
    return (rows + row_padding - 1) / row_padding * row_padding;
}

/// A matrix in columns that are `stride` apart.
struct LeftFactor {
    const double* first = nullptr;
    std::size_t rows = 0;  // a multiple of row_padding
    std::size_t stride = 0;
    std::size_t columns = 0;
};

/// A matrix with as many rows as the left one has columns, or its transpose: by the steps from row
/// to row and from column to column.
struct RightFactor {
    const double* first = nullptr;
    std::size_t row_step = 0;
    std::size_t column_step = 0;
    std::size_t columns = 0;
};

/// sum += scale a b, `sum` in columns that are `stride` apart. For matrices that fit into the
/// cache, in registers of as many numbers as the machine has, where Eigen's products keep to the
/// two that any x86-64 has.
void add_product(const LeftFactor& a, const RightFactor& b, double scale, double* sum,
                 std::size_t stride);

}  // namespace stereo
