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

double reach_px(FitReach reach, double radius_px, double blur_px) {
    return (reach == FitReach::wide ? wide_rim : narrow_rim) * radius_px + blur_rim * blur_px + 1.0;
}

void gather(const drr::Image<float>& image, std::span<const BeadShadow> beads,
            const Eigen::Vector2d& origin, double blur_px, FitReach reach,
            const std::vector<Disc>& excluded, const BeadFitOptions& options, FitWindow& window) {
    window.pixels.clear();
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
            window.pixels.push_back(
                {from_origin.x(), from_origin.y(), grey, 0.0, grey >= options.saturation});
            farthest2 = std::max(farthest2, from_origin.squaredNorm());
        }
    if (options.thin && window.pixels.size() > enough_pixels)
        std::erase_if(window.pixels, [](const FitPixel& pixel) {
            return (static_cast<int>(pixel.x) + static_cast<int>(pixel.y)) % 2 != 0;
        });
    window.reach_px = std::sqrt(farthest2);
    window.free =
        static_cast<int>(std::count_if(window.pixels.begin(), window.pixels.end(),
                                       [](const FitPixel& pixel) { return !pixel.saturated; }));
}

double level_outside(const FitWindow& window, std::span<const BeadShadow> beads, double blur_px) {
    std::vector<double> rim;
    std::vector<double> all;
    for (const FitPixel& pixel : window.pixels) {
        all.push_back(pixel.grey);
        const bool outside = std::all_of(beads.begin(), beads.end(), [&](const BeadShadow& bead) {
            return (Eigen::Vector2d(pixel.x, pixel.y) - bead.center_px).norm() >
                   bead.radius_px + blur_px;
        });
        if (outside) rim.push_back(pixel.grey);
    }
    std::vector<double>& of = rim.empty() ? all : rim;
    if (of.empty()) return 0.0;
    return drr::median(std::move(of));
}

}  // namespace stereo
