#include "shadow.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <variant>

namespace drr {
namespace {

/// The pixels whose areas [n - 0.5, n + 0.5] touch [low, high], of those in `of`. Clamped while
/// still a double: what is close to the source projects to any number.
PixelRange touched(double low, double high, PixelRange of) {
    const double first = of.first, last = of.last;
    return {static_cast<int>(std::clamp(std::floor(low + 0.5), first, last)),
            static_cast<int>(std::clamp(std::floor(high + 1.5), first, last))};
}

/// The interval of x/z over a ball with centre (x, z) in the plane of the axis: its two tangents
/// from the origin, sound for z > r.
std::pair<double, double> tangents(double x, double z, double r) {
    const double root = r * std::sqrt(x * x + z * z - r * r);
    const double scale = 1.0 / (z * z - r * r);
    return {(x * z - root) * scale, (x * z + root) * scale};
}

}  // namespace

Shadow::Shadow(const Shape& shape, const XrayView& view)
    : rows_{0, view.height_px}, columns_{0, view.width_px} {
    const Rigid3 view_from_shape = view.view_from_world * shape.parent_from_shape;
    const Eigen::Array2d scale = view.sdd_mm / view.pixel_pitch_mm.array();
    const Eigen::Array2d origin = view.principal_point_px.array();
    if (const auto* sphere = std::get_if<Sphere>(&shape.form)) {
        const Eigen::Vector3d& c = view_from_shape.translation_mm;
        if (c.z() <= sphere->radius_mm) return;
        const auto [left, right] = tangents(c.x(), c.z(), sphere->radius_mm);
        const auto [top, bottom] = tangents(c.y(), c.z(), sphere->radius_mm);
        columns_ = touched(left * scale.x() + origin.x(), right * scale.x() + origin.x(), columns_);
        rows_ = touched(top * scale.y() + origin.y(), bottom * scale.y() + origin.y(), rows_);
        return;
    }
    const Eigen::Vector3d half = half_extent_mm(shape);
    std::array<Eigen::Array2d, 8> corners;
    Eigen::Array2d low = Eigen::Array2d::Constant(std::numeric_limits<double>::infinity());
    Eigen::Array2d high = -low;
    for (std::size_t n = 0; n < corners.size(); ++n) {
        const Eigen::Vector3d sign((n & 1) != 0 ? 1.0 : -1.0, (n & 2) != 0 ? 1.0 : -1.0,
                                   (n & 4) != 0 ? 1.0 : -1.0);
        const Eigen::Vector3d point = view_from_shape * half.cwiseProduct(sign);
        if (point.z() <= 0.0) return;
        corners[n] = point.head<2>().array() / point.z() * scale + origin;
        low = low.min(corners[n]);
        high = high.max(corners[n]);
    }
    columns_ = touched(low.x(), high.x(), columns_);
    rows_ = touched(low.y(), high.y(), rows_);
    for (std::size_t n = 0; n < corners.size(); ++n)
        for (const std::size_t axis : {1U, 2U, 4U}) {
            if ((n & axis) != 0) continue;
            Eigen::Array2d a = corners[n], b = corners[n | axis];
            if (a.y() > b.y()) std::swap(a, b);
            const double height = b.y() - a.y();
            // A level edge adds nothing that its neighbours do not.
            if (height > 0.0) edges_.push_back({a.y(), b.y(), a.x(), (b.x() - a.x()) / height});
        }
}

PixelRange Shadow::columns(int row) const {
    if (row < rows_.first || row >= rows_.last) return {};
    if (edges_.empty()) return columns_;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const Edge& edge : edges_) {
        const double top = std::max(edge.top, row - 0.5), bottom = std::min(edge.bottom, row + 0.5);
        if (top > bottom) continue;
        const double a = edge.column + edge.per_row * (top - edge.top);
        const double b = edge.column + edge.per_row * (bottom - edge.top);
        low = std::min(low, std::min(a, b));
        high = std::max(high, std::max(a, b));
    }
    if (low > high) return {};
    return touched(low, high, columns_);
}

}  // namespace drr
