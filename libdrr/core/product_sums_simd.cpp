#include <drr/core/product_sums.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "product_sums_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<double, 8>;
constexpr Tag lanes;

// Sums that are kept in registers: those of so many columns with as many others. AVX-512 has 32
// registers, older sets 16.
constexpr std::size_t tile = HWY_TARGET <= HWY_AVX3 ? 4 : 3;

/// Of `count` columns from i on with as many from k on as there are, a tile of them or, where k is
/// i, each with itself and those before it.
template <std::size_t count, bool with_themselves>
HWY_INLINE void sums_of_tile(const Columns& columns, std::size_t i, std::size_t k, double* sums) {
    constexpr std::size_t others = with_themselves ? count : tile;
    const double* one = columns.first + i * columns.stride;
    const double* other = columns.first + k * columns.stride;
    hn::Vec<Tag> sum[count][others];
    for (auto& of_column : sum)
        for (auto& vector : of_column)
            vector = hn::Zero(lanes);
    for (std::size_t row = 0; row < columns.rows; row += hn::Lanes(lanes)) {
        hn::Vec<Tag> loaded[others];
        for (std::size_t b = 0; b < others; ++b)
            loaded[b] = hn::LoadU(lanes, other + b * columns.stride + row);
        for (std::size_t a = 0; a < count; ++a) {
            const auto factor =
                with_themselves ? loaded[a] : hn::LoadU(lanes, one + a * columns.stride + row);
            for (std::size_t b = 0; b < (with_themselves ? a + 1 : others); ++b)
                sum[a][b] = hn::MulAdd(factor, loaded[b], sum[a][b]);
        }
    }
    for (std::size_t a = 0; a < count; ++a)
        for (std::size_t b = 0; b < (with_themselves ? a + 1 : others); ++b)
            sums[(i + a) * columns.count + k + b] = hn::GetLane(hn::SumOfLanes(lanes, sum[a][b]));
}

/// Of `count` columns from i on with all up to themselves.
template <std::size_t count>
HWY_INLINE void sums_of_rows(const Columns& columns, std::size_t i, double* sums) {
    for (std::size_t k = 0; k < i; k += tile)
        sums_of_tile<count, false>(columns, i, k, sums);
    sums_of_tile<count, true>(columns, i, i, sums);
}

void all_sums(const Columns& columns, double* sums) {
    std::size_t i = 0;
    for (; i + tile <= columns.count; i += tile)
        sums_of_rows<tile>(columns, i, sums);
    switch (columns.count - i) {
        case 1:
            return sums_of_rows<1>(columns, i, sums);
        case 2:
            return sums_of_rows<2>(columns, i, sums);
        case 3:
            return sums_of_rows<3>(columns, i, sums);
        default:
            return;
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace drr {

HWY_EXPORT(all_sums);

void product_sums(const Columns& columns, double* sums) {
    HWY_DYNAMIC_DISPATCH(all_sums)(columns, sums);
}

}  // namespace drr
#endif
