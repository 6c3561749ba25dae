#include "clear_numbers.hpp"
#include "poisson_of_normal.hpp"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "poisson_row_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format off: what is compiled for each instruction set comes after foreach_target.h
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Numbers = hn::ScalableTag<float>;
using Integers = hn::RebindToSigned<Numbers>;
using Bits = hn::RebindToUnsigned<Numbers>;
using Words = hn::ScalableTag<std::uint64_t>;  // of 32 bits each, above which anything may stand

HWY_INLINE hn::Vec<Numbers> number(double value) {
    return hn::Set(Numbers(), static_cast<float>(value));
}

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

    HWY_INLINE Blocks(const PhiloxStream& stream, std::size_t first)
        : words{hn::Add(hn::Iota(Words(), 0), hn::Set(Words(), first + stream.counter[0])),
                hn::Set(Words(), stream.counter[1]), hn::Set(Words(), stream.counter[2]),
                hn::Set(Words(), stream.counter[3])} {
        for (std::uint32_t round = 0; round < 10; ++round)
            mix(stream.key[0] + round * 0x9E3779B9U, stream.key[1] + round * 0xBB67AE85U);
    }

    HWY_INLINE void mix(std::uint32_t key_0, std::uint32_t key_1) {
        const Words w;
        const auto a = product(words[0], 0xD2511F53U);
        const auto b = product(words[2], 0xCD9E8D57U);
        words[0] = hn::Xor(hn::Xor(hn::ShiftRight<32>(b), words[1]), hn::Set(w, key_0));
        words[1] = b;
        words[2] = hn::Xor(hn::Xor(hn::ShiftRight<32>(a), words[3]), hn::Set(w, key_1));
        words[3] = a;
    }

    /// Two words side by side, the first one low.
    [[nodiscard]] HWY_INLINE hn::Vec<Words> pair(int first) const {
        return hn::Or(hn::ShiftLeft<32>(words[first + 1]),
                      hn::And(words[first], hn::Set(Words(), 0xFFFFFFFFU)));
    }
};

/// The standard normal number w below which the share (word + 1/2) / 2^32 lies, rounded; in the
/// outermost tails no number.
///
/// With x = 2 share - 1, w / x is a smooth function of -ln(1 - x^2) (Giles, "Approximating the
/// erfinv function", GPU Computing Gems Jade (2011) 109). Between 0 and 2 `middle` this is its
/// interpolation at Chebyshev's points, good to 2.4e-7 of it.
HWY_INLINE hn::Vec<Numbers> normal_of(hn::Vec<Bits> word) {
    const Numbers d;
    const Integers i;
    const auto place = hn::BitCast(i, hn::Xor(word, hn::Set(Bits(), 0x80000000U)));
    // |x| and 1 - |x|, of which neither loses digits where it is small.
    const auto from_middle = hn::Xor(place, hn::BroadcastSignBit(place));
    const auto from_end = hn::Xor(from_middle, hn::Set(i, 0x7FFFFFFF));
    const auto share_of = [&](hn::Vec<Integers> n) {
        return hn::Mul(hn::Add(hn::ConvertTo(d, n), number(0.5)), number(0x1p-31));
    };
    const auto x = share_of(from_middle), rest = share_of(from_end);
    constexpr double middle = 3.95;
    const auto log = hn::Log(d, hn::Mul(rest, hn::Sub(number(2.0), rest)));
    const auto at = hn::Neg(hn::Add(log, number(middle)));
    constexpr double of_powers[] = {2.6125381,       0.323960662,    -0.0101663098,
                                    -0.000321852945, 0.000173636028, -2.24251289e-05,
                                    5.95710674e-07,  3.15347165e-07, -4.86381637e-08,
                                    -9.32620869e-10, 5.45194112e-10};
    // Even and odd powers apart, which wait for one another half as long.
    const auto square = hn::Mul(at, at);
    auto even = number(of_powers[10]), odd = number(of_powers[9]);
    for (int power = 8; power >= 0; power -= 2)
        even = hn::MulAdd(even, square, number(of_powers[power]));
    for (int power = 7; power >= 1; power -= 2)
        odd = hn::MulAdd(odd, square, number(of_powers[power]));
    const auto sum = hn::MulAdd(odd, at, even);
    const auto sign = hn::BitCast(d, hn::And(place, hn::Set(i, INT32_MIN)));
    return hn::IfThenElse(hn::Ge(log, number(-2.0 * middle)), hn::Xor(hn::Mul(x, sum), sign),
                          hn::NaN(d));
}

/// Marks what takes more.
constexpr double still_open = -1.0;

/// What the word's 32 bits and these sums round a normal number and the root of a mean to, with a
/// margin of five (largest error of a normal number found: 3.3e-7 of it, over 7 million words).
constexpr double normal_rounding = 0x1p-19;
/// Beyond, single precision does not hold all whole numbers.
constexpr double largest_clear_mean = 0x1p24;

/// poisson_of_normal() where no digit left out can tell, `still_open` elsewhere.
HWY_INLINE hn::Vec<Numbers> clear_number(hn::Vec<Numbers> mean, hn::Vec<Numbers> w) {
    using P = PoissonOfNormal;
    const auto square = hn::Mul(w, w);
    // Each of Newton's steps doubles the digits of the inverse; the last one mends the root.
    const auto near_inverse = hn::ApproximateReciprocalSqrt(mean);
    const auto half_mean = hn::Mul(number(0.5), mean);
    const auto inverse = hn::Mul(
        near_inverse, hn::NegMulAdd(half_mean, hn::Mul(near_inverse, near_inverse), number(1.5)));
    const auto near_root = hn::Mul(mean, inverse);
    const auto root = hn::MulAdd(hn::NegMulAdd(near_root, near_root, mean),
                                 hn::Mul(number(0.5), inverse), near_root);
    const auto whole = hn::MulAdd(square, number(1.0 / 6.0), number(1.0 / 3.0));
    const auto half = hn::Mul(w, hn::MulAdd(square, number(-1.0 / 72.0), number(-1.0 / 36.0)));
    const auto first = hn::MulAdd(
        square, hn::MulAdd(square, number(1.0 / 270.0), number(7.0 / 810.0)), number(-8.0 / 405.0));
    const auto bend = hn::MulAdd(inverse, hn::MulAdd(inverse, first, half), whole);
    // The mean's whole part is kept apart, so that the rest is rounded as its own size is.
    const auto mean_floor = hn::Floor(mean);
    const auto spread = hn::Mul(root, w);
    const auto x = hn::Add(hn::Sub(mean, mean_floor), hn::Add(spread, bend));
    const auto left_out =
        hn::Mul(hn::Mul(inverse, hn::Mul(inverse, inverse)),
                hn::MulAdd(hn::Mul(square, square), number(P::doubt_4), number(P::doubt_0)));
    const auto doubt = hn::MulAdd(hn::Add(hn::Abs(spread), hn::Add(bend, number(1.0))),
                                  number(normal_rounding), left_out);
    // Written so that where w or the mean is no number it is open.
    const auto clear = hn::And(
        hn::Gt(hn::Abs(hn::Sub(x, hn::Round(x))), doubt),
        hn::And(hn::Ge(mean, number(P::least_mean)), hn::Le(mean, number(largest_clear_mean))));
    return hn::IfThenElse(clear, hn::Add(mean_floor, hn::Floor(x)), number(still_open));
}

/// So many numbers that their words stay in the first cache.
constexpr std::size_t at_once = 512;

std::size_t clear(const PhiloxStream& stream, std::span<const float> means,
                  std::span<float> numbers, std::vector<OpenNumber>& open) {
    const Numbers d;
    const Bits b;
    const Words w;
    const std::size_t lanes = hn::Lanes(d);
    const std::size_t in_vectors = means.size() / lanes * lanes;
    constexpr std::size_t a_block = 4;
    HWY_ALIGN std::uint64_t pairs[2 * hn::MaxLanes(w)];
    HWY_ALIGN std::uint32_t words[at_once];
    HWY_ALIGN float normals[at_once];
    for (std::size_t first = 0; first < in_vectors; first += at_once) {
        const std::size_t count = std::min(at_once, in_vectors - first);
        for (std::size_t n = 0; n < count; n += a_block * hn::Lanes(w)) {
            const Blocks blocks(stream, (first + n) / a_block);
            hn::StoreInterleaved2(blocks.pair(0), blocks.pair(2), w, pairs);
            std::memcpy(words + n, pairs, a_block * hn::Lanes(w) * sizeof(words[0]));
        }
        // Loops of their own: each is a long chain of sums, and of short ones the machine does more
        // at a time.
        for (std::size_t n = 0; n < count; n += lanes)
            hn::Store(normal_of(hn::Load(b, words + n)), d, normals + n);
        for (std::size_t n = 0; n < count; n += lanes) {
            const auto mean = hn::LoadU(d, &means[first + n]);
            hn::StoreU(clear_number(mean, hn::Load(d, normals + n)), d, &numbers[first + n]);
        }
        // And this one, since others would stop where a branch is foretold wrongly.
        for (std::size_t n = 0; n < count; n += lanes) {
            const auto given = hn::LoadU(d, &numbers[first + n]);
            if (hn::AllTrue(d, hn::Ge(given, hn::Zero(d)))) continue;
            for (std::size_t lane = n; lane < n + lanes; ++lane)
                if (numbers[first + lane] < 0.0F)
                    open.push_back({static_cast<std::uint32_t>(first + lane), words[lane]});
        }
    }
    return in_vectors;
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace drr {

HWY_EXPORT(clear);

std::size_t clear_numbers(const PhiloxStream& stream, std::span<const float> means,
                          std::span<float> numbers, std::vector<OpenNumber>& open) {
    return HWY_DYNAMIC_DISPATCH(clear)(stream, means, numbers, open);
}

}  // namespace drr
#endif
