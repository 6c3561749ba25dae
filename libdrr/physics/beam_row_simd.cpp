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
HWY_INLINE hn::Vec<Tag> load(Tag d, const float* from, std::size_t count) {
    if (count == hn::Lanes(d)) return hn::LoadU(d, from);
    HWY_ALIGN float padded[hn::MaxLanes(d)] = {};
    std::copy_n(from, count, padded);
    return hn::Load(d, padded);
}

HWY_INLINE void store(Tag d, hn::Vec<Tag> values, float* to, std::size_t count) {
    if (count == hn::Lanes(d)) return hn::StoreU(values, d, to);
    HWY_ALIGN float padded[hn::MaxLanes(d)];
    hn::Store(values, d, padded);
    std::copy_n(padded, count, to);
}

/// A signal's moments in each lane.
struct Moments {
    hn::Vec<Tag> mean, variance;
};

/// `length(m)` is that of material m.
template <typename Length>
HWY_INLINE Moments moments_of(const BeamTable& table, const Length& length) {
    const Tag d;
    Moments sum{hn::Zero(d), hn::Zero(d)};
    for (std::size_t i = 0; i < table.mean.size(); ++i) {
        auto exponent = hn::Zero(d);
        for (std::size_t m = 0; m < table.mu_per_mm.size(); ++m)
            exponent = hn::NegMulAdd(hn::Set(d, table.mu_per_mm[m][i]), length(m), exponent);
        const auto passing = hn::Exp(d, exponent);
        sum.mean = hn::MulAdd(hn::Set(d, table.mean[i]), passing, sum.mean);
        sum.variance = hn::MulAdd(hn::Set(d, table.variance[i]), passing, sum.variance);
    }
    return sum;
}

void row(const BeamTable& table, const std::vector<const float*>& lengths_mm, int width,
         float* mean, float* variance) {
    const Tag d;
    const int lanes = static_cast<int>(hn::Lanes(d));
    const Moments open = moments_of(table, [&](std::size_t) { return hn::Zero(d); });
    for (int first = 0; first < width; first += lanes) {
        const auto count = static_cast<std::size_t>(std::min(lanes, width - first));
        const auto length = [&](std::size_t m) { return load(d, lengths_mm[m] + first, count); };
        auto longest = hn::Zero(d);
        for (std::size_t m = 0; m < lengths_mm.size(); ++m)
            longest = hn::Max(longest, hn::Abs(length(m)));
        const bool in_air = hn::AllTrue(d, hn::Eq(longest, hn::Zero(d)));
        const Moments here = in_air ? open : moments_of(table, length);
        store(d, here.mean, mean + first, count);
        store(d, here.variance, variance + first, count);
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
