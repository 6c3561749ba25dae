#include "beam_row.hpp"

#include <algorithm>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "beam_row_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format off: what is compiled for each instruction set comes after foreach_target.h
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<float>;

/// The first `count` of a vector; the rest is zero.
hn::Vec<Tag> load(Tag d, const float* from, std::size_t count) {
    if (count == hn::Lanes(d)) return hn::LoadU(d, from);
    HWY_ALIGN float padded[hn::MaxLanes(d)] = {};
    std::copy_n(from, count, padded);
    return hn::Load(d, padded);
}

void store(Tag d, hn::Vec<Tag> values, float* to, std::size_t count) {
    if (count == hn::Lanes(d)) return hn::StoreU(values, d, to);
    HWY_ALIGN float padded[hn::MaxLanes(d)];
    hn::Store(values, d, padded);
    std::copy_n(padded, count, to);
}

void row(const BeamTable& table, const std::vector<const float*>& lengths_mm, int width,
         float* mean, float* variance) {
    const Tag d;
    const int lanes = static_cast<int>(hn::Lanes(d));
    for (int first = 0; first < width; first += lanes) {
        const auto count = static_cast<std::size_t>(std::min(lanes, width - first));
        auto mean_sum = hn::Zero(d);
        auto variance_sum = hn::Zero(d);
        for (std::size_t i = 0; i < table.mean.size(); ++i) {
            auto exponent = hn::Zero(d);
            for (std::size_t m = 0; m < lengths_mm.size(); ++m)
                exponent = hn::NegMulAdd(hn::Set(d, table.mu_per_mm[m][i]),
                                         load(d, lengths_mm[m] + first, count), exponent);
            const auto passing = hn::Exp(d, exponent);
            mean_sum = hn::MulAdd(hn::Set(d, table.mean[i]), passing, mean_sum);
            variance_sum = hn::MulAdd(hn::Set(d, table.variance[i]), passing, variance_sum);
        }
        store(d, mean_sum, mean + first, count);
        store(d, variance_sum, variance + first, count);
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace drr {

HWY_EXPORT(row);

void beam_row(const BeamTable& table, const std::vector<const float*>& lengths_mm, int width,
              float* mean, float* variance) {
    HWY_DYNAMIC_DISPATCH(row)(table, lengths_mm, width, mean, variance);
}

}  // namespace drr
#endif
