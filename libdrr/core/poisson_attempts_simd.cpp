#include "poisson_attempts.hpp"
#include "ptrs.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "poisson_attempts_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format off: what is compiled for each instruction set comes after foreach_target.h
#include <hwy/contrib/math/math-inl.h>
// clang-format on

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

/// Ptrs in vectors, in the same order of operations.
struct Candidates {
    hn::Vec<Numbers> mean, b, a, us, second, k;

    static HWY_INLINE hn::Vec<Numbers> number(double value) { return hn::Set(Numbers(), value); }

    HWY_INLINE Candidates(const PhiloxStream& stream, hn::Vec<Words> n, hn::Vec<Numbers> of_mean)
        : mean(of_mean) {
        const Words w;
        const auto& start = stream.counter;
        Blocks blocks{{hn::Add(n, hn::Set(w, start[0])), hn::Set(w, start[1]), hn::Set(w, start[2]),
                       hn::Set(w, start[3])}};
        for (std::uint32_t round = 0; round < 10; ++round)
            blocks.mix(stream.key[0] + round * 0x9E3779B9U, stream.key[1] + round * 0xBB67AE85U);
        second = uniform(blocks.words[2], blocks.words[3]);
        b = hn::Add(number(Ptrs::b_0), hn::Mul(number(Ptrs::b_1), hn::Sqrt(mean)));
        a = hn::Add(number(Ptrs::a_0), hn::Mul(number(Ptrs::a_1), b));
        const auto u = hn::Sub(uniform(blocks.words[0], blocks.words[1]), number(0.5));
        us = hn::Sub(number(0.5), hn::Abs(u));
        const auto slope = hn::Add(hn::Div(hn::Mul(number(2.0), a), us), b);
        k = hn::Floor(hn::Add(hn::Add(hn::Mul(slope, u), mean), number(Ptrs::offset)));
    }

    [[nodiscard]] HWY_INLINE auto stand_at_once() const {
        const auto v_r = hn::Sub(number(Ptrs::v_r_0),
                                 hn::Div(number(Ptrs::v_r_1), hn::Sub(b, number(Ptrs::v_r_b))));
        return hn::And(hn::And(hn::Ge(us, number(Ptrs::us_at_once)), hn::Le(second, v_r)),
                       hn::Ge(mean, number(Ptrs::least_mean)));
    }

    /// By how much the logarithm of the ratio is below its bound, for k of `least_k` and more.
    [[nodiscard]] HWY_INLINE hn::Vec<Numbers> margin(hn::Vec<Numbers> k_log_mean) const {
        const Numbers d;
        const auto inverse_alpha =
            hn::Add(number(Ptrs::alpha_0),
                    hn::Div(number(Ptrs::alpha_1), hn::Sub(b, number(Ptrs::alpha_b))));
        const auto ratio =
            hn::Div(hn::Mul(second, inverse_alpha), hn::Add(hn::Div(a, hn::Mul(us, us)), b));
        const auto n = hn::Add(k, number(1.0));
        const auto inverse = hn::Div(number(1.0), n);
        const auto series = hn::Mul(
            inverse,
            hn::Sub(number(1.0 / 12.0), hn::Mul(hn::Mul(inverse, inverse), number(1.0 / 360.0))));
        const auto log_factorial =
            hn::Add(hn::Sub(hn::Mul(hn::Sub(n, number(0.5)), hn::Log(d, n)), n),
                    hn::Add(number(0.5 * 1.8378770664093453), series));  // ln(2 pi)
        return hn::Sub(hn::Sub(hn::Sub(k_log_mean, mean), log_factorial), hn::Log(d, ratio));
    }
};

std::size_t first(const PhiloxStream& stream, std::span<const double> means,
                  std::span<double> numbers) {
    const Numbers d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t n = 0;
    for (; n + lanes <= means.size(); n += lanes) {
        const Candidates all(stream, hn::Iota(Words(), n), hn::LoadU(d, &means[n]));
        hn::StoreU(hn::IfThenElse(all.stand_at_once(), all.k, hn::Set(d, rejected)), d,
                   &numbers[n]);
    }
    return n;
}

/// Stirling's series, here one term shorter, is wrong by less than 1e-9 from this number on.
constexpr double least_k = 30.0;
/// What the rounding of sums and four units in the last place of each logarithm can come to: of the
/// largest term, and at least.
constexpr double doubt = 1e-13, least_doubt = 1e-8;

std::size_t test(const PhiloxStream& stream, std::span<const double> means,
                 std::span<const std::uint32_t> which, std::span<double> numbers) {
    const Numbers d;
    const std::size_t lanes = hn::Lanes(d);
    const auto number = [&](double value) { return hn::Set(d, value); };
    HWY_ALIGN double some_means[hn::MaxLanes(d)];
    HWY_ALIGN std::uint64_t places[hn::MaxLanes(d)];
    HWY_ALIGN double results[hn::MaxLanes(d)];
    std::size_t done = 0;
    for (; done + lanes <= which.size(); done += lanes) {
        for (std::size_t i = 0; i < lanes; ++i) {
            places[i] = which[done + i];
            some_means[i] = means[which[done + i]];
        }
        const Candidates all(stream, hn::Load(Words(), places), hn::Load(d, some_means));
        const auto k_log_mean = hn::Mul(all.k, hn::Log(d, all.mean));
        const auto margin = all.margin(k_log_mean);
        const auto band = hn::Max(hn::Mul(k_log_mean, number(doubt)), number(least_doubt));
        const auto at_once = all.stand_at_once();
        const auto no =
            hn::Or(hn::Lt(all.k, hn::Zero(d)),
                   hn::And(hn::Lt(all.us, number(Ptrs::us_of_tails)), hn::Gt(all.second, all.us)));
        auto result = hn::IfThenElse(hn::Gt(margin, hn::Zero(d)), all.k, number(rejected));
        // Written so that a margin that is no number is too close, too.
        const auto clear = hn::And(hn::Gt(hn::Abs(margin), band), hn::Ge(all.k, number(least_k)));
        result = hn::IfThenElse(clear, result, number(too_close_to_tell));
        result = hn::IfThenElse(no, number(rejected), result);
        hn::Store(hn::IfThenElse(at_once, all.k, result), d, results);
        for (std::size_t i = 0; i < lanes; ++i)
            numbers[which[done + i]] = results[i];
    }
    return done;
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace drr {

HWY_EXPORT(first);
HWY_EXPORT(test);

std::size_t first_candidates(const PhiloxStream& stream, std::span<const double> means,
                             std::span<double> numbers) {
    return HWY_DYNAMIC_DISPATCH(first)(stream, means, numbers);
}

std::size_t test_candidates(const PhiloxStream& stream, std::span<const double> means,
                            std::span<const std::uint32_t> which, std::span<double> numbers) {
    return HWY_DYNAMIC_DISPATCH(test)(stream, means, which, numbers);
}

}  // namespace drr
#endif
