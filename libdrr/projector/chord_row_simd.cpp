#include "chord_row.hpp"

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "chord_row_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace drr {
namespace HWY_NAMESPACE {

namespace {  // other files give their own helpers such names

namespace hn = hwy::HWY_NAMESPACE;

/// Stands for a component of zero: a ray parallel to a slab stays inside or outside it for ever
/// instead of giving 0/0. Products of its inverse with any mm are still numbers.
template <class T>
constexpr double parallel = std::is_same_v<T, float> ? 1e-30 : 1e-200;

/// Chords in numbers of one precision.
template <class T>
struct Chords {
    // Sums are padded to sixteen numbers, which no instruction set at hand exceeds.
    using Tag = hn::CappedTag<T, line_padding>;
    using Vector = hn::Vec<Tag>;
    static constexpr Tag lanes{};

    static HWY_INLINE Vector splat(double value) { return hn::Set(lanes, static_cast<T>(value)); }

    /// 1 / value and, of numbers above 0, the root of `square`. In single precision by Newton's
    /// iteration, which doubles the digits, from the 8 bits or more that machines have at hand:
    /// half the time of a quotient or a root.
    static HWY_INLINE Vector reciprocal(Vector value) {
        if constexpr (std::is_same_v<T, float>) {
            const auto improved = [&](Vector near) {
                return hn::Mul(near, hn::NegMulAdd(value, near, splat(2.0)));
            };
            return improved(improved(hn::ApproximateReciprocal(value)));
        } else {
            return hn::Div(splat(1.0), value);
        }
    }
    static HWY_INLINE Vector root(Vector square) {
        if constexpr (std::is_same_v<T, float>) {
            const Vector half = hn::Mul(splat(0.5), square);
            const Vector near = hn::ApproximateReciprocalSqrt(square);
            const Vector nearer =
                hn::Mul(near, hn::NegMulAdd(half, hn::Mul(near, near), splat(1.5)));
            const Vector start = hn::Mul(square, nearer);
            return hn::MulAdd(hn::NegMulAdd(start, start, square), hn::Mul(splat(0.5), nearer),
                              start);
        } else {
            return hn::Sqrt(square);
        }
    }

    static HWY_INLINE Vector inverse(Vector component) {
        const Vector least = splat(parallel<T>);
        return reciprocal(hn::IfThenElse(hn::Lt(hn::Abs(component), least), least, component));
    }

    /// Numbers of a vector's rays of which the first is `first`. Not hn::Iota(first), which goes
    /// through memory.
    static HWY_INLINE Vector rays_from(int first) {
        return hn::Add(hn::Iota(lanes, T{0}), splat(first));
    }

    /// What changes linearly along a line of rays, from a span's first ray on.
    struct Linear {
        Vector at_first, step;
        Linear(double first, double each) : at_first(splat(first)), step(splat(each)) {}
        HWY_INLINE Vector at(Vector ray) const { return hn::MulAdd(ray, step, at_first); }
    };

    /// Where a span's rays are at t = near, in the form's frame.
    struct Places {
        Linear x, y, z;
        Places(const ChordSpan<T>& span, const RayLine& line)
            : Places(span.form->source_mm +
                         span.form->near * (line.start_mm + span.first * line.step_mm),
                     span.form->near * line.step_mm) {}

      private:
        Places(const Eigen::Vector3d& first, const Eigen::Vector3d& each)
            : x(first.x(), each.x()), y(first.y(), each.y()), z(first.z(), each.z()) {}
    };

    /// The directions of the rays from the first of a vector.
    struct Directions {
        Vector x, y, z;
        Directions(const RayLine& line, int first) {
            const Vector i = rays_from(first);
            x = hn::MulAdd(i, splat(line.step_mm.x()), splat(line.start_mm.x()));
            y = hn::MulAdd(i, splat(line.step_mm.y()), splat(line.start_mm.y()));
            z = hn::MulAdd(i, splat(line.step_mm.z()), splat(line.start_mm.z()));
        }
        HWY_INLINE Vector square() const {
            return hn::MulAdd(x, x, hn::MulAdd(y, y, hn::Mul(z, z)));
        }
    };

    /// From the source to the pixel, of which t is counted from `near`.
    struct Reach {
        Vector source, pixel;
        explicit Reach(const ChordSpan<T>& span)
            : source(splat(-span.form->near)), pixel(splat(1.0 - span.form->near)) {}
    };

    /// A part of each ray, in t.
    struct Interval {
        Vector enter, exit;
        explicit Interval(const Reach& reach) : enter{reach.source}, exit{reach.pixel} {}
        HWY_INLINE void cut(Vector low, Vector high) {
            enter = hn::Max(enter, low);
            exit = hn::Min(exit, high);
        }
        /// To a slab between -half and half of rays that are at `place` for t = near.
        HWY_INLINE void cut_slab(Vector place, Vector half, Vector inverse) {
            const Vector middle = hn::Mul(place, inverse);  // less than near
            const Vector off_middle = hn::Abs(inverse);
            cut(hn::Neg(hn::MulAdd(half, off_middle, middle)),
                hn::MulSub(half, off_middle, middle));
        }
        HWY_INLINE Vector length() const { return hn::Max(hn::Sub(exit, enter), hn::Zero(lanes)); }
    };

    // Each form: what all of its kind share of a vector of rays, and the chord in t from that.

    struct BoxForm {
        struct Rays {
            Vector length, inverse_x, inverse_y, inverse_z;
            explicit Rays(const Directions& d)
                : length(root(d.square())),
                  inverse_x(inverse(d.x)),
                  inverse_y(inverse(d.y)),
                  inverse_z(inverse(d.z)) {}
        };
        Reach reach;
        Places places;
        Vector half_x, half_y, half_z;
        BoxForm(const ChordSpan<T>& s, const RayLine& line)
            : reach(s),
              places(s, line),
              half_x(splat(s.form->half_mm.x())),
              half_y(splat(s.form->half_mm.y())),
              half_z(splat(s.form->half_mm.z())) {}
        HWY_INLINE Vector chord(const Rays& r, Vector ray) const {
            Interval t(reach);
            t.cut_slab(places.x.at(ray), half_x, r.inverse_x);
            t.cut_slab(places.y.at(ray), half_y, r.inverse_y);
            t.cut_slab(places.z.at(ray), half_z, r.inverse_z);
            return t.length();
        }
    };

    struct SphereForm {
        struct Rays {
            Vector x, y, z, square, length, inverse_square;
            explicit Rays(const Directions& d)
                : x(d.x),
                  y(d.y),
                  z(d.z),
                  square(d.square()),
                  length(root(square)),
                  inverse_square(reciprocal(square)) {}
        };
        Reach reach;
        Places places;
        Vector radius_square;
        SphereForm(const ChordSpan<T>& s, const RayLine& line)
            : reach(s),
              places(s, line),
              radius_square(splat(s.form->half_mm.x() * s.form->half_mm.x())) {}
        HWY_INLINE Vector chord(const Rays& r, Vector ray) const {
            const Vector x = places.x.at(ray), y = places.y.at(ray), z = places.z.at(ray);
            // |p x d| instead of the textbook's b^2 - ac: no cancellation
            const Vector a = hn::MulSub(y, r.z, hn::Mul(z, r.y));
            const Vector b = hn::MulSub(z, r.x, hn::Mul(x, r.z));
            const Vector c = hn::MulSub(x, r.y, hn::Mul(y, r.x));
            const Vector moment = hn::MulAdd(a, a, hn::MulAdd(b, b, hn::Mul(c, c)));
            const Vector q = hn::Max(hn::MulSub(r.square, radius_square, moment), hn::Zero(lanes));
            const Vector half = hn::Sqrt(q);  // of the chord, times the direction
            const Vector along = hn::MulAdd(x, r.x, hn::MulAdd(y, r.y, hn::Mul(z, r.z)));
            Interval t(reach);
            t.cut(hn::Mul(hn::Neg(hn::Add(along, half)), r.inverse_square),
                  hn::Mul(hn::Sub(half, along), r.inverse_square));
            return t.length();
        }
    };

    struct CylinderForm {
        struct Rays {
            Vector length, x, y, square, inverse_square, inverse_z;
            explicit Rays(const Directions& d)
                : length(root(d.square())),
                  x(d.x),
                  y(d.y),
                  square(hn::MulAdd(d.x, d.x, hn::Mul(d.y, d.y))),
                  inverse_square(reciprocal(hn::Max(square, splat(parallel<T>)))),
                  inverse_z(inverse(d.z)) {}
        };
        Reach reach;
        Places places;
        Linear moment;
        Vector radius_square, half_z, along_axis;
        CylinderForm(const ChordSpan<T>& s, const RayLine& line)
            : reach(s),
              places(s, line),
              moment(moment_of(s, line.start_mm + s.first * line.step_mm),
                     moment_of(s, line.step_mm)),
              radius_square(splat(s.form->half_mm.x() * s.form->half_mm.x())),
              half_z(splat(s.form->half_mm.z())) {
            // Rays along the axis are within the round side for ever, or outside.
            constexpr double for_ever = 1.0 / parallel<T>;
            const bool within = s.form->source_mm.head(2).squaredNorm() <=
                                s.form->half_mm.x() * s.form->half_mm.x();
            along_axis = splat(within ? for_ever : -for_ever);
        }
        HWY_INLINE Vector chord(const Rays& r, Vector ray) const {
            const Vector m = moment.at(ray);
            const Vector q =
                hn::Max(hn::NegMulAdd(m, m, hn::Mul(r.square, radius_square)), hn::Zero(lanes));
            const Vector half = hn::IfThenElse(hn::Le(r.square, splat(parallel<T>)), along_axis,
                                               hn::Mul(hn::Sqrt(q), r.inverse_square));
            const Vector along = hn::MulAdd(places.x.at(ray), r.x, hn::Mul(places.y.at(ray), r.y));
            Interval t(reach);
            t.cut(hn::Neg(hn::MulAdd(along, r.inverse_square, half)),
                  hn::NegMulAdd(along, r.inverse_square, half));
            t.cut_slab(places.z.at(ray), half_z, r.inverse_z);
            return t.length();
        }

      private:
        /// About the axis, of a direction from the source.
        static double moment_of(const ChordSpan<T>& s, const Eigen::Vector3d& direction) {
            return s.form->source_mm.x() * direction.y() - s.form->source_mm.y() * direction.x();
        }
    };

    /// What directions have in common is computed once for all spans, for so many vectors at a
    /// time: few enough for the stack and the first cache.
    static constexpr int at_once = 32;

    template <class F>
    static void add_form(const RayLine& line, std::span<const ChordSpan<T>> spans) {
        using Rays = typename F::Rays;
        const int width = static_cast<int>(hn::Lanes(lanes));
        const auto first_vector = [width](const ChordSpan<T>& span) { return span.first / width; };
        const auto end_vector = [width](const ChordSpan<T>& span) {
            return (span.last - 1) / width + 1;
        };
        int low = first_vector(spans.front()), high = end_vector(spans.front());
        for (const ChordSpan<T>& span : spans) {
            low = std::min(low, first_vector(span));
            high = std::max(high, end_vector(span));
        }
        alignas(Rays) std::byte room[at_once * sizeof(Rays)];
        for (int begin = low; begin < high; begin += at_once) {
            const int end = std::min(begin + at_once, high);
            Rays* const rays = reinterpret_cast<Rays*>(room);
            for (int v = begin; v < end; ++v)
                new (rays + (v - begin)) Rays(Directions(line, v * width));
            for (const ChordSpan<T>& span : spans) {
                const int first = std::max(first_vector(span), begin);
                const int last = std::min(end_vector(span), end);
                if (first >= last) continue;
                const F form(span, line);
                const Vector weight = splat(span.form->weight);
                for (int v = first; v < last; ++v) {
                    const Vector ray = rays_from(v * width - span.first);
                    const Vector chord =
                        hn::Mul(rays[v - begin].length, form.chord(rays[v - begin], ray));
                    T* const sum = span.sums + v * width;
                    hn::Store(hn::MulAdd(weight, chord, hn::Load(lanes, sum)), lanes, sum);
                }
            }
        }
    }

    static void add(Form form, const RayLine& line, std::span<const ChordSpan<T>> spans) {
        switch (form) {
            case Form::sphere:
                return add_form<SphereForm>(line, spans);
            case Form::box:
                return add_form<BoxForm>(line, spans);
            case Form::cylinder:
                return add_form<CylinderForm>(line, spans);
        }
    }
};

}  // namespace

void in_single(Form form, const RayLine& line, std::span<const ChordSpan<float>> spans) {
    Chords<float>::add(form, line, spans);
}

void in_double(Form form, const RayLine& line, std::span<const ChordSpan<double>> spans) {
    Chords<double>::add(form, line, spans);
}

}  // namespace HWY_NAMESPACE
}  // namespace drr
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace drr {

HWY_EXPORT(in_single);
HWY_EXPORT(in_double);

void add_chords(Form form, const RayLine& line, std::span<const ChordSpan<float>> spans) {
    if (!spans.empty()) HWY_DYNAMIC_DISPATCH(in_single)(form, line, spans);
}

void add_chords(Form form, const RayLine& line, std::span<const ChordSpan<double>> spans) {
    if (!spans.empty()) HWY_DYNAMIC_DISPATCH(in_double)(form, line, spans);
}

}  // namespace drr
#endif
