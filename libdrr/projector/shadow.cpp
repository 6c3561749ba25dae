#include "shadow.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>
#include <variant>

namespace drr {
namespace {

/// The pixels whose areas [n - 0.5, n + 0.5] touch [low, high], of those in `of`. Clamped while
/// still a double, since what is close to the source projects to any number, and so never negative
/// where it becomes an integer, which rounds towards 0.
PixelRange touched(double low, double high, PixelRange of) {
    const double first = of.first, last = of.last;
    return {static_cast<int>(std::clamp(low + 0.5, first, last)),
            static_cast<int>(std::clamp(high + 1.5, first, last))};
}

/// The interval of x/z over a ball with centre (x, z) in the plane of the axis: its two tangents
/// from the origin, sound for z > r.
std::pair<double, double> tangents(double x, double z, double r) {
    const double root = r * std::sqrt(x * x + z * z - r * r);
    const double scale = 1.0 / (z * z - r * r);
    return {(x * z - root) * scale, (x * z + root) * scale};
}

/// Above 0 where the way from a over b to c turns to the right, as rows grow downwards.
double turn(const Eigen::Array2d& a, const Eigen::Array2d& b, const Eigen::Array2d& c) {
    return (b.x() - a.x()) * (c.y() - b.y()) - (b.y() - a.y()) * (c.x() - b.x());
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
    // The two sides from the uppermost corner to the lowest (Andrew's monotone chain).
    std::sort(corners.begin(), corners.end(), [](const Eigen::Array2d& a, const Eigen::Array2d& b) {
        return std::tie(a.y(), a.x()) < std::tie(b.y(), b.x());
    });
    top_ = corners.front().y();
    bottom_ = corners.back().y();
    for (const double outwards : {-1.0, 1.0}) {
        std::array<Eigen::Array2d, 8> chain;
        std::size_t count = 0;
        for (const Eigen::Array2d& corner : corners) {
            while (count >= 2 && outwards * turn(chain[count - 2], chain[count - 1], corner) <= 0.0)
                --count;
            chain[count++] = corner;
        }
        Side& side = outwards < 0.0 ? left_ : right_;
        side.outermost_row =
            std::max_element(chain.begin(), chain.begin() + count,
                             [&](const Eigen::Array2d& a, const Eigen::Array2d& b) {
                                 return outwards * a.x() < outwards * b.x();
                             })
                ->y();
        for (std::size_t n = 1; n < count; ++n) {
            const Eigen::Array2d step = chain[n] - chain[n - 1];
            // A level line adds nothing that its neighbours do not.
            if (step.y() > 0.0)
                side.lines[side.count++] = {chain[n - 1].y(), chain[n - 1].x(),
                                            step.x() / step.y()};
        }
    }
}

PixelRange Shadow::columns(int row) const {
    if (row < rows_.first || row >= rows_.last) return {};
    if (left_.count == 0) return columns_;
    const double first = std::max(top_, row - 0.5), last = std::min(bottom_, row + 0.5);
    if (first > last) return {};
    const auto column = [](const Side::Line& line, double at) {
        return line.column + line.per_row * (at - line.row);
    };
    double low = -std::numeric_limits<double>::infinity(), high = -low;
    const double low_row = std::clamp(left_.outermost_row, first, last);
    for (std::size_t n = 0; n < left_.count; ++n)
        low = std::max(low, column(left_.lines[n], low_row));
    const double high_row = std::clamp(right_.outermost_row, first, last);
    for (std::size_t n = 0; n < right_.count; ++n)
        high = std::min(high, column(right_.lines[n], high_row));
    return touched(low, high, columns_);
}

}  // namespace drr
