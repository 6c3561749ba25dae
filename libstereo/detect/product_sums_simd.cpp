#include "product_sums.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "product_sums_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace stereo {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<double, product_padding>;
constexpr Tag lanes;

// Sums that are kept in registers: those of four columns with the columns of two vectors.
constexpr std::size_t tile = 4;

/// Of columns i to i + 3 with those of `vectors` vectors from column k on.
template <std::size_t vectors>
HWY_INLINE void sums_of_tile(const PaddedRows& rows, std::size_t i, std::size_t k, double* sums) {
    const std::size_t width = hn::Lanes(lanes);
    hn::Vec<Tag> sum[tile][vectors];
    for (auto& of_column : sum)
        for (auto& vector : of_column)
            vector = hn::Zero(lanes);
    const double* row = rows.first;
    for (std::size_t n = 0; n < rows.count; ++n, row += rows.stride) {
        hn::Vec<Tag> other[vectors];
        for (std::size_t v = 0; v < vectors; ++v)
            other[v] = hn::LoadU(lanes, row + k + v * width);
        for (std::size_t a = 0; a < tile; ++a) {
            const auto one = hn::Set(lanes, row[i + a]);
            for (std::size_t v = 0; v < vectors; ++v)
                sum[a][v] = hn::MulAdd(one, other[v], sum[a][v]);
        }
    }
    for (std::size_t a = 0; a < tile; ++a)
        for (std::size_t v = 0; v < vectors; ++v)
            hn::StoreU(sum[a][v], lanes, sums + (i + a) * rows.stride + k + v * width);
}

void all_sums(const PaddedRows& rows, double* sums) {
    const std::size_t width = hn::Lanes(lanes);
    for (std::size_t i = 0; i < rows.stride; i += tile) {
        std::size_t k = 0;
        for (; k + width < i + tile; k += 2 * width)
            sums_of_tile<2>(rows, i, k, sums);
        if (k < i + tile) sums_of_tile<1>(rows, i, k, sums);
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace stereo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace stereo {

HWY_EXPORT(all_sums);

void product_sums(const PaddedRows& rows, double* sums) {
    HWY_DYNAMIC_DISPATCH(all_sums)(rows, sums);
}

}  // namespace stereo
#endif
