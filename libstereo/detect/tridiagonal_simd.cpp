#include "tridiagonal.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tridiagonal_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace stereo {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<double, 8>;
using Vector = hn::Vec<Tag>;
constexpr Tag lanes;

// Vectors that are worked on at once, so that one's sums need not wait for their own last term.
constexpr std::size_t at_once = 2;
static_assert(tridiagonal_padding % (at_once * hn::MaxLanes(lanes)) == 0);

/// The first row of the strip of vectors that row `k` is in.
HWY_INLINE std::size_t strip_of(std::size_t k) {
    const std::size_t rows = at_once * hn::Lanes(lanes);
    return k / rows * rows;
}

HWY_INLINE double dot(const double* a, const double* b, std::size_t first, std::size_t last) {
    Vector sum[at_once] = {hn::Zero(lanes), hn::Zero(lanes)};
    for (std::size_t i = first; i < last; i += at_once * hn::Lanes(lanes))
        for (std::size_t s = 0; s < at_once; ++s) {
            const std::size_t at = i + s * hn::Lanes(lanes);
            sum[s] = hn::MulAdd(hn::LoadU(lanes, a + at), hn::LoadU(lanes, b + at), sum[s]);
        }
    return hn::GetLane(hn::SumOfLanes(lanes, hn::Add(sum[0], sum[1])));
}

/// to += factor * from
HWY_INLINE void add(double factor, const double* from, double* to, std::size_t first,
                    std::size_t last) {
    const Vector by = hn::Set(lanes, factor);
    for (std::size_t i = first; i < last; i += hn::Lanes(lanes))
        hn::StoreU(hn::MulAdd(by, hn::LoadU(lanes, from + i), hn::LoadU(lanes, to + i)), lanes,
                   to + i);
}

/// What a reflection takes off the matrix: v w^T + w v^T.
struct Update {
    const double* v = nullptr;
    const double* w = nullptr;
};

/// Updates the columns from `k` on and multiplies what they become by `x`, for the rows from k's
/// strip on.
HWY_INLINE void update_and_multiply(const SymmetricMatrix& m, std::size_t k, const Update& by,
                                    const double* x, double* product) {
    const std::size_t n = hn::Lanes(lanes);
    for (std::size_t row = strip_of(k); row < m.stride; row += at_once * n) {
        const Vector v0 = hn::LoadU(lanes, by.v + row), v1 = hn::LoadU(lanes, by.v + row + n);
        const Vector w0 = hn::LoadU(lanes, by.w + row), w1 = hn::LoadU(lanes, by.w + row + n);
        Vector sum0 = hn::Zero(lanes), sum1 = hn::Zero(lanes);
        for (std::size_t j = k; j < m.size; ++j) {
            double* a = m.column(j) + row;
            const Vector vj = hn::Set(lanes, by.v[j]), wj = hn::Set(lanes, by.w[j]);
            const Vector xj = hn::Set(lanes, x[j]);
            const Vector a0 = hn::NegMulAdd(v0, wj, hn::NegMulAdd(w0, vj, hn::LoadU(lanes, a)));
            const Vector a1 = hn::NegMulAdd(v1, wj, hn::NegMulAdd(w1, vj, hn::LoadU(lanes, a + n)));
            hn::StoreU(a0, lanes, a);
            hn::StoreU(a1, lanes, a + n);
            sum0 = hn::MulAdd(a0, xj, sum0);
            sum1 = hn::MulAdd(a1, xj, sum1);
        }
        hn::StoreU(sum0, lanes, product + row);
        hn::StoreU(sum1, lanes, product + row + n);
    }
}

/// Makes the numbers from `first` on the vector v for which 1 - v v^T turns them into a multiple of
/// the first axis, which is returned.
HWY_INLINE double make_reflection(double* x, std::size_t first, std::size_t last) {
    const double along = x[first];
    x[first] = 0.0;
    const double beside2 = dot(x, x, strip_of(first), last);
    x[first] = along;
    double result = along;
    double scale = 0.0;
    if (beside2 > 0.0) {
        result = -std::copysign(std::sqrt(along * along + beside2), along);
        x[first] = along - result;
        scale = 1.0 / std::sqrt(result * (result - along));
    }
    for (std::size_t i = first; i < last; ++i)
        x[i] *= scale;
    return result;
}

void tridiagonal(const SymmetricMatrix& m, double* diagonal, double* beside) {
    std::vector<double> work(3 * m.stride, 0.0);
    double* w = work.data();
    double* next = w + m.stride;
    Update before{next + m.stride, w};  // none yet
    for (std::size_t k = 0; k < m.size; ++k) {
        double* x = m.column(k);
        const double vk = before.v[k], wk = before.w[k];
        add(-wk, before.v, x, strip_of(k), m.stride);
        add(-vk, before.w, x, strip_of(k), m.stride);
        diagonal[k] = x[k];
        std::fill(x, x + k + 1, 0.0);
        if (k + 1 == m.size) break;
        beside[k] = make_reflection(x, k + 1, m.stride);
        update_and_multiply(m, k + 1, before, x, next);
        std::fill(next + strip_of(k + 1), next + k + 1, 0.0);
        const double half = 0.5 * dot(x, next, strip_of(k + 1), m.stride);
        add(-half, x, next, strip_of(k + 1), m.stride);
        std::swap(w, next);
        before = {x, w};
    }
}

void turned(const Reflections& m, Turn which, double* vectors, std::size_t count) {
    for (std::size_t i = 0; i + 1 < m.size; ++i) {
        const std::size_t k = which == Turn::into_basis ? i : m.size - 2 - i;
        const double* v = m.column(k);
        for (std::size_t c = 0; c < count; ++c) {
            double* x = vectors + c * m.stride;
            add(-dot(v, x, strip_of(k + 1), m.stride), v, x, strip_of(k + 1), m.stride);
        }
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace stereo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace stereo {

HWY_EXPORT(tridiagonal);
HWY_EXPORT(turned);

void tridiagonalize(const SymmetricMatrix& matrix, double* diagonal, double* beside) {
    HWY_DYNAMIC_DISPATCH(tridiagonal)(matrix, diagonal, beside);
}

void turn(const Reflections& reflections, Turn which, double* vectors, std::size_t count) {
    HWY_DYNAMIC_DISPATCH(turned)(reflections, which, vectors, count);
}

}  // namespace stereo
#endif
