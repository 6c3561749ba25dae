#include <drr/core/error.hpp>
#include <drr/phantom/mesh.hpp>

#include <Eigen/Geometry>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numbers>
#include <variant>

namespace drr {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie");

// A multiple of four, so that the extreme points along the axes are corners.
int facets_round(double radius_mm, double max_deviation_mm) {
    constexpr int least = 8;
    constexpr int most = 1024;
    const double share = std::clamp(1.0 - max_deviation_mm / radius_mm, 0.0, 1.0 - 1e-9);
    const double count = std::ceil(std::numbers::pi / std::acos(share) / 4.0) * 4.0;
    return static_cast<int>(std::clamp(count, double{least}, double{most}));
}

Eigen::Vector3d round_mm(double radius_mm, int step, int steps, double z_mm) {
    const double angle = 2.0 * std::numbers::pi * step / steps;
    return {radius_mm * std::cos(angle), radius_mm * std::sin(angle), z_mm};
}

void add(std::vector<Triangle>& mesh, const Eigen::Vector3d& a, const Eigen::Vector3d& b,
         const Eigen::Vector3d& c) {
    mesh.push_back({a, b, c});
}

void add(std::vector<Triangle>& mesh, const Eigen::Vector3d& a, const Eigen::Vector3d& b,
         const Eigen::Vector3d& c, const Eigen::Vector3d& d) {
    add(mesh, a, b, c);
    add(mesh, a, c, d);
}

std::vector<Triangle> surface(const Box& box, double) {
    std::vector<Triangle> mesh;
    for (int axis = 0; axis < 3; ++axis)
        for (const double side : {-1.0, 1.0}) {
            const Eigen::Vector3d normal =
                0.5 * side * box.size_mm[axis] * Eigen::Vector3d::Unit(axis);
            const int u = (axis + 1) % 3;
            const int v = (axis + 2) % 3;
            const Eigen::Vector3d along = 0.5 * side * box.size_mm[u] * Eigen::Vector3d::Unit(u);
            const Eigen::Vector3d across = 0.5 * box.size_mm[v] * Eigen::Vector3d::Unit(v);
            add(mesh, normal - along - across, normal + along - across, normal + along + across,
                normal - along + across);
        }
    return mesh;
}

std::vector<Triangle> surface(const Cylinder& cylinder, double max_deviation_mm) {
    const int n = facets_round(cylinder.radius_mm, max_deviation_mm);
    const double z = 0.5 * cylinder.length_mm;
    const auto rim = [&](int step, double z_mm) {
        return round_mm(cylinder.radius_mm, step % n, n, z_mm);
    };
    std::vector<Triangle> mesh;
    for (int i = 0; i < n; ++i) {
        add(mesh, rim(i, -z), rim(i + 1, -z), rim(i + 1, z), rim(i, z));
        add(mesh, {0.0, 0.0, z}, rim(i, z), rim(i + 1, z));
        add(mesh, {0.0, 0.0, -z}, rim(i + 1, -z), rim(i, -z));
    }
    return mesh;
}

std::vector<Triangle> surface(const Sphere& sphere, double max_deviation_mm) {
    // A facet's middle lies below the surface by what its width and its height each cost.
    const int n = facets_round(sphere.radius_mm, 0.5 * max_deviation_mm);
    const int rings = n / 2;  // from pole to pole
    const auto point = [&](int step, int ring) -> Eigen::Vector3d {
        if (ring == 0 || ring == rings)
            return Eigen::Vector3d(0.0, 0.0, ring == 0 ? sphere.radius_mm : -sphere.radius_mm);
        const double polar = std::numbers::pi * ring / rings;
        return round_mm(sphere.radius_mm * std::sin(polar), step % n, n,
                        sphere.radius_mm * std::cos(polar));
    };
    std::vector<Triangle> mesh;
    for (int i = 0; i < n; ++i) {
        add(mesh, point(0, 0), point(i, 1), point(i + 1, 1));
        for (int ring = 1; ring + 1 < rings; ++ring)
            add(mesh, point(i, ring), point(i, ring + 1), point(i + 1, ring + 1),
                point(i + 1, ring));
        add(mesh, point(0, rings), point(i + 1, rings - 1), point(i, rings - 1));
    }
    return mesh;
}

template <class T>
void append(std::string& bytes, const T& value) {
    const std::size_t at = bytes.size();
    bytes.resize(at + sizeof(T));
    std::memcpy(bytes.data() + at, &value, sizeof(T));
}

void append(std::string& bytes, const Eigen::Vector3d& vector) {
    for (int axis = 0; axis < 3; ++axis)
        append(bytes, static_cast<float>(vector[axis]));
}

}  // namespace

void TessellationOptions::validate() const {
    require(max_deviation_mm > 0.0 && std::isfinite(max_deviation_mm),
            "the deviation of a tessellation must be positive");
}

std::vector<Triangle> tessellate(const Shape& shape, const TessellationOptions& options) {
    options.validate();
    validate(shape);
    std::vector<Triangle> mesh = std::visit(
        [&](const auto& form) { return surface(form, options.max_deviation_mm); }, shape.form);
    for (Triangle& triangle : mesh)
        for (Eigen::Vector3d& corner : triangle)
            corner = shape.parent_from_shape * corner;
    return mesh;
}

std::vector<Triangle> tessellate(const std::vector<SolidPart>& solids,
                                 const TessellationOptions& options) {
    std::vector<Triangle> mesh;
    for (const SolidPart& solid : solids) {
        std::vector<Triangle> part = tessellate(solid.shape, options);
        if (solid.sign < 0)
            for (Triangle& triangle : part)
                std::swap(triangle[1], triangle[2]);
        mesh.insert(mesh.end(), part.begin(), part.end());
    }
    return mesh;
}

double enclosed_volume_mm3(const std::vector<Triangle>& triangles) {
    double sum = 0.0;
    for (const auto& [a, b, c] : triangles)
        sum += a.dot(b.cross(c));
    return sum / 6.0;
}

std::string stl_bytes(const std::vector<Triangle>& triangles, const std::string& title) {
    require(!triangles.empty(), "an STL file needs a triangle");
    require(triangles.size() <= std::numeric_limits<std::uint32_t>::max(),
            "an STL file holds at most 2^32 - 1 triangles");
    constexpr std::size_t header_bytes = 80;
    constexpr std::size_t triangle_bytes = 50;
    // A title that begins with "solid" would make readers take the file for a text.
    std::string bytes = ("binary STL, mm: " + title).substr(0, header_bytes);
    bytes.resize(header_bytes, ' ');
    bytes.reserve(header_bytes + 4 + triangle_bytes * triangles.size());
    append(bytes, static_cast<std::uint32_t>(triangles.size()));
    for (const auto& [a, b, c] : triangles) {
        const Eigen::Vector3d normal = (b - a).cross(c - a).normalized();
        for (const Eigen::Vector3d& vector : {normal, a, b, c})
            append(bytes, vector);
        append(bytes, std::uint16_t{0});  // of no meaning
    }
    return bytes;
}

}  // namespace drr
