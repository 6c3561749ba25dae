#include "chord_row.hpp"

#include <algorithm>
#include <cstddef>
#include <new>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "chord_row_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

namespace {  // other files give their own helpers such names

namespace hn = hwy::HWY_NAMESPACE;

// Sums are padded to eight numbers, which no instruction set at hand exceeds.
using Tag = hn::CappedTag<double, line_padding>;
using Vector = hn::Vec<Tag>;
constexpr Tag lanes;

HWY_INLINE Vector splat(double value) {
    return hn::Set(lanes, value);
}

HWY_INLINE Vector absolute_at_least(Vector value, double least) {
    return hn::IfThenElse(hn::Lt(hn::Abs(value), splat(least)), splat(least), value);
}

/// Stands for a component of zero, as in drr/phantom/shape.hpp.
constexpr double parallel = 1e-200;

HWY_INLINE Vector inverse(Vector component) {
    return hn::Div(splat(1.0), absolute_at_least(component, parallel));
}

/// The square root of numbers above 0 and its inverse, to 1e-13: from single precision by Newton's
/// iteration, in a third of the time of a root and a quotient.
struct Root {
    Vector value, inverse;

    HWY_INLINE explicit Root(Vector square) {
        const hn::Rebind<float, Tag> singles;
        inverse =
            hn::PromoteTo(lanes, hn::ApproximateReciprocalSqrt(hn::DemoteTo(singles, square)));
        const Vector half = hn::Mul(splat(0.5), square);
        constexpr int from_11_bits = 2;  // each doubles them
        for (int i = 0; i < from_11_bits; ++i)
            inverse = hn::Mul(inverse, hn::NegMulAdd(half, hn::Mul(inverse, inverse), splat(1.5)));
        value = hn::Mul(square, inverse);
    }
};

/// The direction of the rays from the first of a vector.
struct Direction {
    Vector x, y, z;
    Direction(const RayLine& line, int first) {
        const Vector i = hn::Iota(lanes, static_cast<double>(first));
        x = hn::MulAdd(i, splat(line.step_mm.x()), splat(line.start_mm.x()));
        y = hn::MulAdd(i, splat(line.step_mm.y()), splat(line.start_mm.y()));
        z = hn::MulAdd(i, splat(line.step_mm.z()), splat(line.start_mm.z()));
    }
    HWY_INLINE Vector square() const { return hn::MulAdd(x, x, hn::MulAdd(y, y, hn::Mul(z, z))); }
};

struct Interval {
    Vector enter, exit;
    HWY_INLINE void cut(Vector a, Vector b) {
        enter = hn::Max(enter, hn::Min(a, b));
        exit = hn::Min(exit, hn::Max(a, b));
    }
    HWY_INLINE Vector length() const { return hn::Max(hn::Sub(exit, enter), hn::Zero(lanes)); }
};

HWY_INLINE Interval from_source_to_pixel() {
    return {hn::Zero(lanes), splat(1.0)};
}

// Each form: what all of its kind share of a vector of rays, and the chord in t from that.

struct BoxForm {
    struct Rays {
        Vector length, inverse_x, inverse_y, inverse_z;
        explicit Rays(const Direction& d)
            : length(Root(d.square()).value),
              inverse_x(inverse(d.x)),
              inverse_y(inverse(d.y)),
              inverse_z(inverse(d.z)) {}
    };
    Vector low_x, high_x, low_y, high_y, low_z, high_z;
    explicit BoxForm(const ChordSpan& s)
        : low_x(splat(-s.half_mm.x() - s.source_mm.x())),
          high_x(splat(s.half_mm.x() - s.source_mm.x())),
          low_y(splat(-s.half_mm.y() - s.source_mm.y())),
          high_y(splat(s.half_mm.y() - s.source_mm.y())),
          low_z(splat(-s.half_mm.z() - s.source_mm.z())),
          high_z(splat(s.half_mm.z() - s.source_mm.z())) {}
    HWY_INLINE Vector chord(const Rays& r) const {
        Interval t = from_source_to_pixel();
        t.cut(hn::Mul(low_x, r.inverse_x), hn::Mul(high_x, r.inverse_x));
        t.cut(hn::Mul(low_y, r.inverse_y), hn::Mul(high_y, r.inverse_y));
        t.cut(hn::Mul(low_z, r.inverse_z), hn::Mul(high_z, r.inverse_z));
        return t.length();
    }
};

struct SphereForm {
    struct Rays {
        Vector x, y, z, square, length, inverse_square;
        explicit Rays(const Direction& d) : x(d.x), y(d.y), z(d.z), square(d.square()) {
            const Root root(square);
            length = root.value;
            inverse_square = hn::Mul(root.inverse, root.inverse);
        }
    };
    Vector x, y, z, radius_square;
    explicit SphereForm(const ChordSpan& s)
        : x(splat(s.source_mm.x())),
          y(splat(s.source_mm.y())),
          z(splat(s.source_mm.z())),
          radius_square(splat(s.half_mm.x() * s.half_mm.x())) {}
    HWY_INLINE Vector chord(const Rays& r) const {
        // |o x d| instead of the textbook's b^2 - ac: no cancellation when the source is far away
        const Vector a = hn::MulSub(y, r.z, hn::Mul(z, r.y));
        const Vector b = hn::MulSub(z, r.x, hn::Mul(x, r.z));
        const Vector c = hn::MulSub(x, r.y, hn::Mul(y, r.x));
        const Vector moment = hn::MulAdd(a, a, hn::MulAdd(b, b, hn::Mul(c, c)));
        const Vector q = hn::Max(hn::MulSub(r.square, radius_square, moment), hn::Zero(lanes));
        const Vector half = hn::Mul(hn::Sqrt(q), r.inverse_square);
        const Vector along = hn::MulAdd(x, r.x, hn::MulAdd(y, r.y, hn::Mul(z, r.z)));
        const Vector middle = hn::Neg(hn::Mul(along, r.inverse_square));
        Interval t = from_source_to_pixel();
        t.cut(hn::Sub(middle, half), hn::Add(middle, half));
        return t.length();
    }
};

struct CylinderForm {
    struct Rays {
        Vector length, x, y, square, inverse_square, inverse_z;
        explicit Rays(const Direction& d)
            : length(Root(d.square()).value),
              x(d.x),
              y(d.y),
              square(hn::MulAdd(d.x, d.x, hn::Mul(d.y, d.y))),
              inverse_square(hn::Div(splat(1.0), hn::Max(square, splat(parallel)))),
              inverse_z(inverse(d.z)) {}
    };
    Vector x, y, radius_square, low_z, high_z, along_axis;
    explicit CylinderForm(const ChordSpan& s)
        : x(splat(s.source_mm.x())),
          y(splat(s.source_mm.y())),
          radius_square(splat(s.half_mm.x() * s.half_mm.x())),
          low_z(splat(-s.half_mm.z() - s.source_mm.z())),
          high_z(splat(s.half_mm.z() - s.source_mm.z())) {
        // Rays along the axis are within the round side for ever, or outside.
        constexpr double for_ever = 1e100;
        const double off_axis = s.source_mm.head<2>().norm();
        along_axis = splat(off_axis <= s.half_mm.x() ? for_ever : -for_ever);
    }
    HWY_INLINE Vector chord(const Rays& r) const {
        const Vector moment = hn::MulSub(x, r.y, hn::Mul(y, r.x));
        const Vector q =
            hn::Max(hn::MulSub(r.square, radius_square, hn::Mul(moment, moment)), hn::Zero(lanes));
        const Vector half = hn::IfThenElse(hn::Le(r.square, splat(parallel)), along_axis,
                                           hn::Mul(hn::Sqrt(q), r.inverse_square));
        const Vector along = hn::MulAdd(x, r.x, hn::Mul(y, r.y));
        const Vector middle = hn::Neg(hn::Mul(along, r.inverse_square));
        Interval t{hn::Max(hn::Sub(middle, half), hn::Zero(lanes)),
                   hn::Min(hn::Add(middle, half), splat(1.0))};
        t.cut(hn::Mul(low_z, r.inverse_z), hn::Mul(high_z, r.inverse_z));
        return t.length();
    }
};

/// What directions have in common is computed once for all spans, for so many vectors at a time:
/// few enough for the stack and the first cache.
constexpr int at_once = 32;

template <class F>
void add_form(const RayLine& line, std::span<const ChordSpan> spans) {
    using Rays = typename F::Rays;
    const int width = static_cast<int>(hn::Lanes(lanes));
    const auto first_vector = [width](const ChordSpan& span) { return span.first / width; };
    const auto end_vector = [width](const ChordSpan& span) { return (span.last - 1) / width + 1; };
    int low = first_vector(spans.front()), high = end_vector(spans.front());
    for (const ChordSpan& span : spans) {
        low = std::min(low, first_vector(span));
        high = std::max(high, end_vector(span));
    }
    alignas(Rays) std::byte room[at_once * sizeof(Rays)];
    for (int begin = low; begin < high; begin += at_once) {
        const int end = std::min(begin + at_once, high);
        Rays* const rays = reinterpret_cast<Rays*>(room);
        for (int v = begin; v < end; ++v)
            new (rays + (v - begin)) Rays(Direction(line, v * width));
        for (const ChordSpan& span : spans) {
            const int first = std::max(first_vector(span), begin);
            const int last = std::min(end_vector(span), end);
            if (first >= last) continue;
            const F form(span);
            const Vector weight = splat(span.weight);
            for (int v = first; v < last; ++v) {
                const Vector chord = hn::Mul(rays[v - begin].length, form.chord(rays[v - begin]));
                double* const sum = span.sums + v * width;
                hn::Store(hn::MulAdd(weight, chord, hn::Load(lanes, sum)), lanes, sum);
            }
        }
    }
}

}  // namespace

void spheres(const RayLine& line, std::span<const ChordSpan> spans) {
    add_form<SphereForm>(line, spans);
}

void boxes(const RayLine& line, std::span<const ChordSpan> spans) {
    add_form<BoxForm>(line, spans);
}

void cylinders(const RayLine& line, std::span<const ChordSpan> spans) {
    add_form<CylinderForm>(line, spans);
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace drr {

HWY_EXPORT(spheres);
HWY_EXPORT(boxes);
HWY_EXPORT(cylinders);

void add_chords(Form form, const RayLine& line, std::span<const ChordSpan> spans) {
    if (spans.empty()) return;
    switch (form) {
        case Form::sphere:
            return HWY_DYNAMIC_DISPATCH(spheres)(line, spans);
        case Form::box:
            return HWY_DYNAMIC_DISPATCH(boxes)(line, spans);
        case Form::cylinder:
            return HWY_DYNAMIC_DISPATCH(cylinders)(line, spans);
    }
}

}  // namespace drr
#endif
