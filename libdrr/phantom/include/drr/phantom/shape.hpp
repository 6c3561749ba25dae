#pragma once

#include <drr/geometry/rigid3.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>
#include <variant>

namespace drr {

/// A ball about its frame's origin.
struct Sphere {
    double radius_mm = 0.0;
};

/// A cuboid about its frame's origin, with edges along its axes.
struct Box {
    Eigen::Vector3d size_mm = Eigen::Vector3d::Zero();  ///< full edge lengths
};

/// A right circular cylinder with flat ends, its axis along z, centred on its frame's origin.
struct Cylinder {
    double radius_mm = 0.0;
    double length_mm = 0.0;
};

/// A convex primitive with its pose.
struct Shape {
    std::variant<Sphere, Box, Cylinder> form;
    Rigid3 parent_from_shape;
};

/// Throws Error(usage) unless all sizes are positive and finite and the pose is finite.
void validate(const Shape& shape);

[[nodiscard]] double volume_mm3(const Shape& shape);

/// The half extents of the smallest axis-aligned box about a form in its own frame.
[[nodiscard]] Eigen::Vector3d half_extent_mm(const Shape& shape);

/// Whether a point of the parent frame lies in a shape; its surface counts as inside.
[[nodiscard]] bool contains(const Shape& shape, const Eigen::Vector3d& point_mm);

/// The part of the line `origin + t direction` inside a convex body, as an interval of t: the line
/// is infinite, so t may be negative. A line that misses has exit <= enter. With a unit direction t
/// is in mm.
struct Chord {
    double enter = 0.0;
    double exit = 0.0;
    [[nodiscard]] double length() const { return exit > enter ? exit - enter : 0.0; }
    /// The part of the chord within [low, high].
    [[nodiscard]] Chord within(double low, double high) const {
        return {enter > low ? enter : low, exit < high ? exit : high};
    }
};

/// The chord through a posed shape; origin and direction in the parent frame. Exact to rounding;
/// the direction need not be of unit length, but not zero.
[[nodiscard]] Chord chord(const Shape& shape, const Eigen::Vector3d& origin_mm,
                          const Eigen::Vector3d& direction);

// Chords in a form's own frame. Inline and free of branches where that can be, since projectors
// call them once a pixel and the compiler vectorizes such loops.

[[nodiscard]] inline Chord chord(const Sphere& sphere, const Eigen::Vector3d& o,
                                 const Eigen::Vector3d& d) {
    const double dd = d.squaredNorm();
    // |o x d| instead of the textbook's b^2 - ac: no cancellation when the source is far away.
    const double q = dd * sphere.radius_mm * sphere.radius_mm - o.cross(d).squaredNorm();
    const double half = std::sqrt(q > 0.0 ? q : 0.0) / dd;
    const double middle = -o.dot(d) / dd;
    return {middle - half, middle + half};
}

[[nodiscard]] inline Chord chord(const Box& box, const Eigen::Vector3d& o,
                                 const Eigen::Vector3d& d) {
    // Stands for a direction component of zero, so that a ray parallel to a slab stays inside or
    // outside it for ever instead of giving 0/0.
    constexpr double parallel = 1e-200;
    Chord result{-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
    for (int axis = 0; axis < 3; ++axis) {
        const double inverse = 1.0 / (std::abs(d[axis]) < parallel ? parallel : d[axis]);
        const double half = 0.5 * box.size_mm[axis];
        const double a = (-half - o[axis]) * inverse;
        const double b = (half - o[axis]) * inverse;
        result = result.within(a < b ? a : b, a < b ? b : a);
    }
    return result;
}

[[nodiscard]] inline Chord chord(const Cylinder& cylinder, const Eigen::Vector3d& o,
                                 const Eigen::Vector3d& d) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    constexpr double parallel = 1e-200;
    const double r2 = cylinder.radius_mm * cylinder.radius_mm;
    const double dd = d.x() * d.x() + d.y() * d.y();
    Chord round{infinity, -infinity};
    if (dd > 0.0) {
        const double moment = o.x() * d.y() - o.y() * d.x();
        const double q = dd * r2 - moment * moment;
        const double half = std::sqrt(q > 0.0 ? q : 0.0) / dd;
        const double middle = -(o.x() * d.x() + o.y() * d.y()) / dd;
        round = {middle - half, middle + half};
    } else if (o.x() * o.x() + o.y() * o.y() <= r2) {
        round = {-infinity, infinity};
    }
    const double inverse = 1.0 / (std::abs(d.z()) < parallel ? parallel : d.z());
    const double half = 0.5 * cylinder.length_mm;
    const double a = (-half - o.z()) * inverse;
    const double b = (half - o.z()) * inverse;
    return round.within(a < b ? a : b, a < b ? b : a);
}

}  // namespace drr
