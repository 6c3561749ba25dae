#include <drr/core/error.hpp>
#include <drr/phantom/shape.hpp>

#include <numbers>

namespace drr {
namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

void validate(const Shape& shape) {
    const Eigen::Vector3d half = half_extent_mm(shape);
    require(half.allFinite() && half.minCoeff() > 0.0,
            "the sizes of a shape must be positive and finite");
    require(shape.parent_from_shape.translation_mm.allFinite() &&
                shape.parent_from_shape.rotation.coeffs().allFinite(),
            "the pose of a shape must be finite");
}

double volume_mm3(const Shape& shape) {
    return std::visit(
        Overloaded{[](const Sphere& s) {
                       return 4.0 / 3.0 * std::numbers::pi * std::pow(s.radius_mm, 3.0);
                   },
                   [](const Box& b) { return b.size_mm.prod(); },
                   [](const Cylinder& c) {
                       return std::numbers::pi * c.radius_mm * c.radius_mm * c.length_mm;
                   }},
        shape.form);
}

Eigen::Vector3d half_extent_mm(const Shape& shape) {
    return std::visit(
        Overloaded{[](const Sphere& s) { return Eigen::Vector3d::Constant(s.radius_mm).eval(); },
                   [](const Box& b) { return (0.5 * b.size_mm).eval(); },
                   [](const Cylinder& c) {
                       return Eigen::Vector3d(c.radius_mm, c.radius_mm, 0.5 * c.length_mm);
                   }},
        shape.form);
}

bool contains(const Shape& shape, const Eigen::Vector3d& point_mm) {
    const Eigen::Vector3d p = shape.parent_from_shape.inverse() * point_mm;
    return std::visit(
        Overloaded{[&](const Sphere& s) { return p.squaredNorm() <= s.radius_mm * s.radius_mm; },
                   [&](const Box& b) { return (p.array().abs() <= 0.5 * b.size_mm.array()).all(); },
                   [&](const Cylinder& c) {
                       return p.head<2>().squaredNorm() <= c.radius_mm * c.radius_mm &&
                              std::abs(p.z()) <= 0.5 * c.length_mm;
                   }},
        shape.form);
}

Chord chord(const Shape& shape, const Eigen::Vector3d& origin_mm,
            const Eigen::Vector3d& direction) {
    const Rigid3 shape_from_parent = shape.parent_from_shape.inverse();
    const Eigen::Vector3d o = shape_from_parent * origin_mm;
    const Eigen::Vector3d d = shape_from_parent.rotation * direction;
    return std::visit([&](const auto& form) { return chord(form, o, d); }, shape.form);
}

}  // namespace drr
