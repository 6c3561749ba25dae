#include "noise_differences.hpp"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "noise_differences_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace stereo {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Whole = hn::ScalableTag<float>;
using One = hn::CappedTag<float, 1>;

/// So many of `count` as whole vectors hold.
HWY_INLINE std::size_t in_whole_vectors(std::size_t count) {
    return count / hn::Lanes(Whole()) * hn::Lanes(Whole());
}

template <class D>
HWY_INLINE void differences_of(D d, const RowsAround& rows, std::size_t first, std::size_t last,
                               std::size_t lag, const DifferenceLimits& limits, float* result) {
    const auto quarter = hn::Set(d, 0.25F);
    const auto none = hn::Set(d, std::numeric_limits<float>::quiet_NaN());
    const auto at_black = hn::Set(d, limits.variance_at_black);
    const auto per_grey = hn::Set(d, limits.variance_per_grey);
    const auto brightest = hn::Set(d, limits.brightest);
    const auto largest2 = hn::Set(d, limits.largest2);
    for (std::size_t i = first; i < last; i += hn::Lanes(d)) {
        const auto beside =
            hn::Add(hn::LoadU(d, rows.row + i - lag), hn::LoadU(d, rows.row + i + lag));
        const auto along = hn::Add(hn::LoadU(d, rows.above + i), hn::LoadU(d, rows.below + i));
        const auto mean = hn::Mul(quarter, hn::Add(beside, along));
        const auto difference = hn::Sub(hn::LoadU(d, rows.row + i), mean);
        const auto variance = hn::MulAdd(per_grey, mean, at_black);
        // Not so where anything is NaN.
        const auto noise =
            hn::And(hn::And(hn::Gt(mean, hn::Zero(d)), hn::Lt(mean, brightest)),
                    hn::Lt(hn::Mul(difference, difference), hn::Mul(largest2, variance)));
        hn::StoreU(hn::IfThenElse(noise, hn::Div(difference, hn::Sqrt(variance)), none), d,
                   result + i);
    }
}

void differences(const RowsAround& rows, std::size_t first, std::size_t last, std::size_t lag,
                 const DifferenceLimits& limits, float* result) {
    const std::size_t middle = first + in_whole_vectors(last - first);
    differences_of(Whole(), rows, first, middle, lag, limits, result);
    differences_of(One(), rows, middle, last, lag, limits, result);
}

template <class D>
HWY_INLINE PairSums sums_of(D d, const float* a, const float* b, std::size_t first,
                            std::size_t last) {
    auto products = hn::Zero(d), squares = hn::Zero(d), pairs = hn::Zero(d);
    for (std::size_t i = first; i < last; i += hn::Lanes(d)) {
        const auto x = hn::LoadU(d, a + i), y = hn::LoadU(d, b + i);
        const auto both = hn::And(hn::Eq(x, x), hn::Eq(y, y));
        products = hn::Add(products, hn::IfThenElseZero(both, hn::Mul(x, y)));
        squares = hn::Add(squares, hn::IfThenElseZero(both, hn::MulAdd(x, x, hn::Mul(y, y))));
        pairs = hn::Add(pairs, hn::IfThenElseZero(both, hn::Set(d, 1.0F)));
    }
    const auto sum = [&](auto of) {
        return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, of)));
    };
    return {sum(products), 0.5 * sum(squares), sum(pairs)};
}

PairSums sums_of_pairs(const float* a, const float* b, std::size_t count) {
    const std::size_t middle = in_whole_vectors(count);
    PairSums sums = sums_of(Whole(), a, b, 0, middle);
    sums += sums_of(One(), a, b, middle, count);
    return sums;
}

}  // namespace HWY_NAMESPACE
}  // namespace stereo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace stereo {

HWY_EXPORT(differences);
HWY_EXPORT(sums_of_pairs);

void noise_differences(const RowsAround& rows, std::size_t first, std::size_t last, std::size_t lag,
                       const DifferenceLimits& limits, float* result) {
    HWY_DYNAMIC_DISPATCH(differences)(rows, first, last, lag, limits, result);
}

PairSums pair_sums(const float* a, const float* b, std::size_t count) {
    return HWY_DYNAMIC_DISPATCH(sums_of_pairs)(a, b, count);
}

}  // namespace stereo
#endif
