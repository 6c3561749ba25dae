#include "clear_numbers.hpp"
#include "poisson_of_normal.hpp"
#include "ziggurat.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "poisson_row_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Numbers = hn::ScalableTag<double>;
using Words = hn::RebindToUnsigned<Numbers>;  // of 32 bits each, above which anything may stand
using Integers = hn::RebindToSigned<Numbers>;
using Singles = hn::Rebind<float, Numbers>;

HWY_INLINE hn::Vec<Numbers> number(double value) {
    return hn::Set(Numbers(), value);
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
        : words{hn::Iota(Words(), first + stream.counter[0]), hn::Set(Words(), stream.counter[1]),
                hn::Set(Words(), stream.counter[2]), hn::Set(Words(), stream.counter[3])} {
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

    /// 64 bits of two words.
    [[nodiscard]] HWY_INLINE hn::Vec<Words> bits(int high, int low) const {
        return hn::Or(hn::ShiftLeft<32>(words[high]),
                      hn::And(words[low], hn::Set(Words(), 0xFFFFFFFFU)));
    }
};

/// Rng::normal of 64 bits, and where it takes no more.
struct Normals {
    hn::Vec<Numbers> value;
    hn::Mask<Numbers> done;

    HWY_INLINE explicit Normals(hn::Vec<Words> bits) {
        const Numbers d;
        const Integers i;
        const auto layer = hn::BitCast(i, hn::And(bits, hn::Set(Words(), Ziggurat::layers - 1)));
        const auto place = hn::ConvertTo(d, hn::ShiftRight<11>(hn::BitCast(i, bits)));
        const auto share = hn::Mul(hn::Add(place, number(0.5)), number(0x1p-52));
        value = hn::Mul(share, hn::GatherIndex(d, ziggurat.half_width.data(), layer));
        done = hn::Lt(hn::Abs(value), hn::GatherIndex(d, ziggurat.half_width.data() + 1, layer));
    }
};

/// Marks what takes more.
constexpr double still_open = -1.0;

/// poisson_of_normal() where it asks no distribution function, `still_open` elsewhere.
HWY_INLINE hn::Vec<Numbers> clear_number(hn::Vec<Numbers> mean, const Normals& normal) {
    using P = PoissonOfNormal;
    const Numbers d;
    const auto w = normal.value;
    const auto square = hn::Mul(w, w);
    // Roots and quotients of twice the width cost four times as much. One step of Newton's makes
    // the root right to 1e-14.
    const Singles f;
    const auto near_root = hn::Sqrt(hn::DemoteTo(f, mean));
    const auto inverse = hn::PromoteTo(d, hn::Div(hn::Set(f, 1.0F), near_root));
    const auto start = hn::PromoteTo(d, near_root);
    const auto root =
        hn::MulAdd(hn::NegMulAdd(start, start, mean), hn::Mul(number(0.5), inverse), start);
    const auto whole = hn::MulAdd(square, number(1.0 / 6.0), number(1.0 / 3.0));
    const auto half = hn::Mul(w, hn::MulAdd(square, number(-1.0 / 72.0), number(-1.0 / 36.0)));
    const auto first = hn::MulAdd(
        square, hn::MulAdd(square, number(1.0 / 270.0), number(7.0 / 810.0)), number(-8.0 / 405.0));
    const auto bend = hn::MulAdd(inverse, hn::MulAdd(inverse, first, half), whole);
    const auto x = hn::Add(mean, hn::MulAdd(root, w, bend));
    const auto left_out =
        hn::Mul(hn::Mul(inverse, hn::Mul(inverse, inverse)),
                hn::MulAdd(hn::Mul(square, square), number(P::doubt_4), number(P::doubt_0)));
    const auto doubt = hn::MulAdd(mean, number(P::rounding), left_out);
    // Written so that a mean that is no number is open.
    const auto clear = hn::And(
        hn::And(hn::Gt(hn::Abs(hn::Sub(x, hn::Round(x))), doubt),
                hn::Le(hn::Abs(w), number(P::reliable))),
        hn::And(hn::Ge(mean, number(P::least_mean)), hn::Le(mean, number(P::largest_mean))));
    return hn::IfThenElse(hn::And(clear, normal.done), hn::Floor(x), number(still_open));
}

/// So many numbers that their bits stay in the first cache.
constexpr std::size_t at_once = 256;

std::size_t clear(const PhiloxStream& stream, std::span<const float> means,
                  std::span<float> numbers, std::vector<OpenNumber>& open) {
    const Numbers d;
    const Singles f;
    const Words w;
    const std::size_t lanes = hn::Lanes(d);
    const std::size_t in_vectors = means.size() / lanes * lanes;
    HWY_ALIGN std::uint64_t bits[at_once];
    for (std::size_t first = 0; first < in_vectors; first += at_once) {
        const std::size_t count = std::min(at_once, in_vectors - first);
        for (std::size_t n = 0; n < count; n += 2 * lanes) {
            const Blocks blocks(stream, (first + n) / 2);
            hn::StoreInterleaved2(blocks.bits(0, 1), blocks.bits(2, 3), w, bits + n);
        }
        for (std::size_t n = 0; n < count; n += lanes) {
            const auto mean = hn::PromoteTo(d, hn::LoadU(f, &means[first + n]));
            const auto number = clear_number(mean, Normals(hn::Load(w, bits + n)));
            hn::StoreU(hn::DemoteTo(f, number), f, &numbers[first + n]);
        }
        // A loop of its own: the one above would stop where a branch is foretold wrongly.
        for (std::size_t n = 0; n < count; ++n)
            if (numbers[first + n] < 0.0F)
                open.push_back({static_cast<std::uint32_t>(first + n), bits[n]});
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
