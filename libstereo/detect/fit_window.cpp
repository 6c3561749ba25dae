#include "fit_window.hpp"

#include <drr/core/order_statistics.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace stereo {
namespace {

// Slopes of the background look like a shift of the bead: both are odd about its centre. With a rim
// up to this many radii the slopes are known well enough to cost the centre 4 % at most; with the
// narrow rim they cost 10 to 30 %.
constexpr double wide_rim = 1.8;
constexpr double narrow_rim = 1.1;
// Beyond it a blurred edge is below 1 % of its height.
constexpr double blur_rim = 2.5;
// A fit that need not be exact leaves out half of the pixels if there are more than this.
constexpr std::size_t enough_pixels = 250;

}  // namespace

void FitWindow::clear(std::size_t most) {
    for (std::vector<double>* property : {&x, &y, &grey, &root_weight, &saturated}) {
        property->clear();
        property->reserve(padded_count(most));
    }
    count = 0;
}

void FitWindow::add(double at_x, double at_y, double of_grey, bool is_saturated) {
    x.push_back(at_x);
    y.push_back(at_y);
    grey.push_back(of_grey);
    saturated.push_back(is_saturated ? 1.0 : 0.0);
    ++count;
}

void FitWindow::thin_out() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if ((static_cast<int>(x[i]) + static_cast<int>(y[i])) % 2 != 0) continue;
        for (std::vector<double>* property : {&x, &y, &grey, &saturated})
            (*property)[kept] = (*property)[i];
        ++kept;
    }
    for (std::vector<double>* property : {&x, &y, &grey, &saturated})
        property->resize(kept);
    count = kept;
}

void FitWindow::finish() {
    free = static_cast<int>(std::count(saturated.begin(), saturated.end(), 0.0));
    for (std::vector<double>* property : {&x, &y, &grey, &root_weight, &saturated})
        property->resize(padded_count(count), 0.0);
}

double reach_px(FitReach reach, double radius_px, double blur_px) {
    return (reach == FitReach::wide ? wide_rim : narrow_rim) * radius_px + blur_rim * blur_px + 1.0;
}

void gather(const drr::Image<float>& image, std::span<const BeadShadow> beads,
            const Eigen::Vector2d& origin, double blur_px, FitReach reach,
            const std::vector<Disc>& excluded, const BeadFitOptions& options, FitWindow& window) {
    Eigen::Array2d low = Eigen::Array2d::Constant(1e9);
    Eigen::Array2d high = -low;
    std::array<double, max_joint_beads> reach2{};
    for (std::size_t j = 0; j < beads.size(); ++j) {
        const double bead_reach = reach_px(reach, beads[j].radius_px, blur_px);
        reach2[j] = bead_reach * bead_reach;
        const Eigen::Array2d center = (beads[j].center_px + origin).array();
        low = low.min(center - bead_reach);
        high = high.max(center + bead_reach);
    }
    const int first_column = std::max(0, static_cast<int>(std::ceil(low.x())));
    const int first_row = std::max(0, static_cast<int>(std::ceil(low.y())));
    const int last_column = std::min(image.width() - 1, static_cast<int>(std::floor(high.x())));
    const int last_row = std::min(image.height() - 1, static_cast<int>(std::floor(high.y())));
    const auto along = [](int first, int last) {
        return static_cast<std::size_t>(std::max(0, last - first + 1));
    };
    window.clear(along(first_column, last_column) * along(first_row, last_row));
    double farthest2 = 1.0;
    for (int row = first_row; row <= last_row; ++row)
        for (int column = first_column; column <= last_column; ++column) {
            const Eigen::Vector2d at(column, row);
            const Eigen::Vector2d from_origin = at - origin;
            bool inside = false;
            for (std::size_t j = 0; j < beads.size() && !inside; ++j)
                inside = (from_origin - beads[j].center_px).squaredNorm() < reach2[j];
            // NaN: outside the irradiated field.
            if (!inside || std::isnan(image(column, row))) continue;
            if (std::any_of(excluded.begin(), excluded.end(), [&](const Disc& disc) {
                    return (at - disc.center_px).squaredNorm() < disc.radius_px * disc.radius_px;
                }))
                continue;
            const double grey = image(column, row);
            window.add(from_origin.x(), from_origin.y(), grey, grey >= options.saturation);
            farthest2 = std::max(farthest2, from_origin.squaredNorm());
        }
    if (options.thin && window.count > enough_pixels) window.thin_out();
    window.reach_px = std::sqrt(farthest2);
    window.finish();
}

double level_outside(const FitWindow& window, std::span<const BeadShadow> beads, double blur_px) {
    std::vector<double> of;
    of.reserve(window.count);
    for (std::size_t i = 0; i < window.count; ++i) {
        const bool outside = std::all_of(beads.begin(), beads.end(), [&](const BeadShadow& bead) {
            const double radius = bead.radius_px + blur_px;
            return (window.place(i) - bead.center_px).squaredNorm() > radius * radius;
        });
        if (outside) of.push_back(window.grey[i]);
    }
    if (of.empty())
        of.assign(window.grey.begin(),
                  window.grey.begin() + static_cast<std::ptrdiff_t>(window.count));
    if (of.empty()) return 0.0;
    return drr::median(std::move(of));
}

}  // namespace stereo
