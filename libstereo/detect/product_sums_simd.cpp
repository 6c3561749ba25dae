#include "product_sums.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "product_sums_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace stereo {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<double, 8>;
constexpr Tag lanes;

// Sums that are kept in registers: those of so many columns with so many others.
constexpr std::size_t tile = 4;
constexpr std::size_t others = 2;

/// Of columns i, i + 1, ... with k, k + 1, ...; beyond the last column the last one stands in.
HWY_INLINE void sums_of_tile(const Columns& columns, std::size_t i, std::size_t k, double* sums) {
    const double* one[tile];
    const double* other[others];
    const auto column = [&](std::size_t n) {
        return columns.first + std::min(n, columns.count - 1) * columns.stride;
    };
    for (std::size_t a = 0; a < tile; ++a)
        one[a] = column(i + a);
    for (std::size_t b = 0; b < others; ++b)
        other[b] = column(k + b);
    hn::Vec<Tag> sum[tile][others];
    for (auto& of_column : sum)
        for (auto& vector : of_column)
            vector = hn::Zero(lanes);
    for (std::size_t row = 0; row < columns.rows; row += hn::Lanes(lanes)) {
        hn::Vec<Tag> loaded[others];
        for (std::size_t b = 0; b < others; ++b)
            loaded[b] = hn::LoadU(lanes, other[b] + row);
        for (std::size_t a = 0; a < tile; ++a) {
            const auto factor = hn::LoadU(lanes, one[a] + row);
            for (std::size_t b = 0; b < others; ++b)
                sum[a][b] = hn::MulAdd(factor, loaded[b], sum[a][b]);
        }
    }
    for (std::size_t a = 0; a < std::min(tile, columns.count - i); ++a)
        for (std::size_t b = 0; b < std::min(others, columns.count - k); ++b)
            sums[(i + a) * columns.count + k + b] = hn::GetLane(hn::SumOfLanes(lanes, sum[a][b]));
}

void all_sums(const Columns& columns, double* sums) {
    for (std::size_t i = 0; i < columns.count; i += tile)
        for (std::size_t k = 0; k < std::min(i + tile, columns.count); k += others)
            sums_of_tile(columns, i, k, sums);
}

}  // namespace HWY_NAMESPACE
}  // namespace stereo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace stereo {

HWY_EXPORT(all_sums);

void product_sums(const Columns& columns, double* sums) {
    HWY_DYNAMIC_DISPATCH(all_sums)(columns, sums);
}

}  // namespace stereo
#endif
