#include "convolve_row.hpp"

#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "convolve_row_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// The sums from number u on, as many as a vector holds.
template <class Tag>
HWY_INLINE void sum_vector(Tag d, std::span<const WeightedPair> pairs, std::size_t u, float* out) {
    auto sum = hn::Zero(d);
    for (const WeightedPair& pair : pairs)
        sum = hn::Add(sum, hn::Mul(hn::Set(d, pair.weight),
                                   hn::Add(hn::LoadU(d, pair.a + u), hn::LoadU(d, pair.b + u))));
    hn::StoreU(sum, d, out + u);
}

void sums(std::span<const WeightedPair> pairs, std::span<float> out) {
    const hn::ScalableTag<float> d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t u = 0;
    for (; u + lanes <= out.size(); u += lanes)
        sum_vector(d, pairs, u, out.data());
    for (; u < out.size(); ++u)
        sum_vector(hn::CappedTag<float, 1>(), pairs, u, out.data());
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace drr {

HWY_EXPORT(sums);

void sum_pairs(std::span<const WeightedPair> pairs, std::span<float> out) {
    HWY_DYNAMIC_DISPATCH(sums)(pairs, out);
}

}  // namespace drr
#endif
