#include "matrix_product.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "matrix_product_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace stereo {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<double, row_padding>;
constexpr Tag lanes;

// Sums that are kept in registers: those of two vectors of rows in so many columns.
constexpr std::size_t tile = 4;

/// Columns j, j + 1, ... of so many vectors from `row` on; beyond the last column the last one
/// stands in.
template <std::size_t vectors>
HWY_INLINE void add_tile(const LeftFactor& a, const RightFactor& b, double scale, double* sum,
                         std::size_t stride, std::size_t row, std::size_t j) {
    const double* right[tile];
    for (std::size_t k = 0; k < tile; ++k)
        right[k] = b.first + std::min(j + k, b.columns - 1) * b.column_step;
    hn::Vec<Tag> sums[tile][vectors];
    for (auto& of_column : sums)
        for (auto& vector : of_column)
            vector = hn::Zero(lanes);
    for (std::size_t p = 0; p < a.columns; ++p) {
        const double* left = a.first + p * a.stride + row;
        hn::Vec<Tag> loaded[vectors];
        for (std::size_t v = 0; v < vectors; ++v)
            loaded[v] = hn::LoadU(lanes, left + v * hn::Lanes(lanes));
        for (std::size_t k = 0; k < tile; ++k) {
            const auto factor = hn::Set(lanes, right[k][p * b.row_step]);
            for (std::size_t v = 0; v < vectors; ++v)
                sums[k][v] = hn::MulAdd(loaded[v], factor, sums[k][v]);
        }
    }
    for (std::size_t k = 0; k < std::min(tile, b.columns - j); ++k)
        for (std::size_t v = 0; v < vectors; ++v) {
            double* to = sum + (j + k) * stride + row + v * hn::Lanes(lanes);
            hn::StoreU(hn::MulAdd(hn::Set(lanes, scale), sums[k][v], hn::LoadU(lanes, to)), lanes,
                       to);
        }
}

void product(const LeftFactor& a, const RightFactor& b, double scale, double* sum,
             std::size_t stride) {
    const std::size_t n = hn::Lanes(lanes);
    for (std::size_t j = 0; j < b.columns; j += tile) {
        std::size_t row = 0;
        for (; row + 2 * n <= a.rows; row += 2 * n)
            add_tile<2>(a, b, scale, sum, stride, row, j);
        if (row < a.rows) add_tile<1>(a, b, scale, sum, stride, row, j);
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace stereo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace stereo {

HWY_EXPORT(product);

void add_product(const LeftFactor& a, const RightFactor& b, double scale, double* sum,
                 std::size_t stride) {
    HWY_DYNAMIC_DISPATCH(product)(a, b, scale, sum, stride);
}

}  // namespace stereo
#endif
