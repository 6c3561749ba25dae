#pragma once

#include <cstddef>

namespace drr {

/// Columns of numbers side by side, `stride` apart.
struct Columns {
    const double* first = nullptr;
    std::size_t rows = 0;  // a multiple of 8
    std::size_t stride = 0;
    std::size_t count = 0;
};

/// sums[i count + k], k <= i < count: the sum over the rows of the product of columns i and k. What
/// is above i is not to be read. In registers of as many numbers as the machine has, where Eigen's
/// products keep to the two that any x86-64 has.
void product_sums(const Columns& columns, double* sums);

}  // namespace drr
