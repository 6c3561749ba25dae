#include "poisson_attempts.hpp"
#include "ptrs.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "poisson_attempts_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Numbers = hn::ScalableTag<double>;
using Words = hn::RebindToUnsigned<Numbers>;  // of 32 bits each, above which anything may stand

/// Of the lower 32 bits of each lane.
HWY_INLINE hn::Vec<Words> product(hn::Vec<Words> word, std::uint32_t factor) {
    const Words w;
#if HWY_TARGET == HWY_SCALAR  // whose vectors of one number do not split
    return hn::Mul(hn::And(word, hn::Set(w, 0xFFFFFFFFU)), hn::Set(w, factor));
#else
    const hn::Repartition<std::uint32_t, Words> halves;
    return hn::MulEven(hn::BitCast(halves, word), hn::BitCast(halves, hn::Set(w, factor)));
#endif
}

/// One block of Rng::philox in each lane.
struct Blocks {
    hn::Vec<Words> words[4];

    HWY_INLINE void mix(std::uint32_t key_0, std::uint32_t key_1) {
        const Words w;
        const auto a = product(words[0], 0xD2511F53U);
        const auto b = product(words[2], 0xCD9E8D57U);
        words[0] = hn::Xor(hn::Xor(hn::ShiftRight<32>(b), words[1]), hn::Set(w, key_0));
        words[1] = b;
        words[2] = hn::Xor(hn::Xor(hn::ShiftRight<32>(a), words[3]), hn::Set(w, key_1));
        words[3] = a;
    }
};

/// Rng::uniform_of.
HWY_INLINE hn::Vec<Numbers> uniform(hn::Vec<Words> high, hn::Vec<Words> low) {
    const Numbers d;
    const Words w;
    const auto bits_26 = [](hn::Vec<Words> word) {
        return hn::And(hn::ShiftRight<6>(word), hn::Set(Words(), 0x3FFFFFFU));
    };
    const auto bits_52 = hn::Or(hn::ShiftLeft<26>(bits_26(high)), bits_26(low));
    // As the fraction of a number in [1, 2).
    const auto above_1 = hn::BitCast(d, hn::Or(bits_52, hn::Set(w, 0x3FF0000000000000U)));
    return hn::Add(hn::Sub(above_1, hn::Set(d, 1.0)), hn::Set(d, 0x1p-53));
}

std::size_t attempts(const std::array<std::uint32_t, 4>& counter,
                     const std::array<std::uint32_t, 2>& key, std::span<const double> means,
                     std::span<double> numbers) {
    const Numbers d;
    const Words w;
    const std::size_t lanes = hn::Lanes(d);
    const auto number = [&](double value) { return hn::Set(d, value); };
    std::size_t n = 0;
    for (; n + lanes <= means.size(); n += lanes) {
        Blocks blocks{{hn::Iota(w, static_cast<std::uint32_t>(counter[0] + n)),
                       hn::Set(w, counter[1]), hn::Set(w, counter[2]), hn::Set(w, counter[3])}};
        for (std::uint32_t round = 0; round < 10; ++round)
            blocks.mix(key[0] + round * 0x9E3779B9U, key[1] + round * 0xBB67AE85U);
        const auto first = uniform(blocks.words[0], blocks.words[1]);
        const auto v = uniform(blocks.words[2], blocks.words[3]);

        // Ptrs, in the same order of operations.
        const auto mean = hn::LoadU(d, &means[n]);
        const auto b = hn::Add(number(0.931), hn::Mul(number(2.53), hn::Sqrt(mean)));
        const auto a = hn::Add(number(-0.059), hn::Mul(number(0.02483), b));
        const auto u = hn::Sub(first, number(0.5));
        const auto us = hn::Sub(number(0.5), hn::Abs(u));
        const auto slope = hn::Add(hn::Div(hn::Mul(number(2.0), a), us), b);
        const auto candidate = hn::Floor(hn::Add(hn::Add(hn::Mul(slope, u), mean), number(0.43)));
        const auto v_r = hn::Sub(number(0.9277), hn::Div(number(3.6224), hn::Sub(b, number(2.0))));
        const auto stands = hn::And(hn::And(hn::Ge(us, number(0.07)), hn::Le(v, v_r)),
                                    hn::Ge(mean, number(Ptrs::least_mean)));
        hn::StoreU(hn::IfThenElse(stands, candidate, number(-1.0)), d, &numbers[n]);
    }
    return n;
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace drr {

HWY_EXPORT(attempts);

std::size_t poisson_attempts(const std::array<std::uint32_t, 4>& counter,
                             const std::array<std::uint32_t, 2>& key, std::span<const double> means,
                             std::span<double> numbers) {
    return HWY_DYNAMIC_DISPATCH(attempts)(counter, key, means, numbers);
}

}  // namespace drr
#endif
