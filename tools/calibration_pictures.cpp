#include "calibration_pictures.hpp"

#include "canvas.hpp"

#include <stereo/calib/uncertainty.hpp>

#include <Eigen/Eigenvalues>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace tools {
namespace {

constexpr int margin_px = 48;
constexpr double text_px = 9.0;

// Dark blue over green to yellow, even in lightness (after Matplotlib's viridis).
Colour heat(double share) {
    constexpr std::array<Colour, 5> stops{Colour{68, 1, 84}, Colour{59, 82, 139},
                                          Colour{33, 145, 140}, Colour{94, 201, 98},
                                          Colour{253, 231, 37}};
    const double at = std::clamp(share, 0.0, 1.0) * (stops.size() - 1);
    const auto low = std::min(static_cast<std::size_t>(at), stops.size() - 2);
    const double t = at - static_cast<double>(low);
    const auto mix = [&](std::uint8_t a, std::uint8_t b) {
        return static_cast<std::uint8_t>(std::lround((1.0 - t) * a + t * b));
    };
    return {mix(stops[low].red, stops[low + 1].red), mix(stops[low].green, stops[low + 1].green),
            mix(stops[low].blue, stops[low + 1].blue)};
}

// The largest standard deviation of a point in any direction; NaN where there is none.
double largest_sd_mm(const stereo::Calibration& c, const Eigen::Vector3d& point, double sd_px) {
    const auto uncertainty = stereo::point_uncertainty(c, point, sd_px);
    if (!uncertainty.ok) return std::numeric_limits<double>::quiet_NaN();
    const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver(uncertainty.total_mm2());
    return std::sqrt(std::max(solver.eigenvalues()[2], 0.0));
}

}  // namespace

std::string residual_picture(const stereo::Calibration& calibration,
                             const stereo::Observations& observations, int view) {
    constexpr double width_px = 640.0;
    const double scale = width_px / observations.width_px;
    const double height_px = scale * observations.height_px;
    Canvas canvas(static_cast<int>(width_px) + 2 * margin_px,
                  static_cast<int>(height_px) + 2 * margin_px);
    const Canvas::Point corner(margin_px, margin_px);
    canvas.outline(
        {corner, corner + Canvas::Point(width_px, 0.0), corner + Canvas::Point(width_px, height_px),
         corner + Canvas::Point(0.0, height_px)},
        colours::grey);
    // An arrow of the RMS is as long as a bead is wide on most detectors.
    constexpr double rms_arrow_px = 12.0;
    const double magnification = calibration.rms_px > 0.0 ? rms_arrow_px / calibration.rms_px : 1.0;
    for (std::size_t i = 0; i < observations.items.size(); ++i) {
        const auto& item = observations.items[i];
        if (item.view != view || !calibration.pose_known[static_cast<std::size_t>(item.pose)])
            continue;
        const Canvas::Point at = corner + scale * item.pixel;
        if (!calibration.used[i]) {
            canvas.circle(at, 4.0, colours::red);
            continue;
        }
        canvas.line(at, at + magnification * calibration.residuals_px[i], colours::blue);
        canvas.disc(at, 1.2, colours::ink);
    }
    canvas.text({margin_px, margin_px - 14.0},
                fmt::format("View {}: residuals, observed minus projected", view), text_px + 1.0,
                colours::ink);
    canvas.text({margin_px, margin_px + height_px + 22.0},
                fmt::format("all poses; arrows {:.0f} times as long as on the detector; RMS {:.4f} "
                            "px; red rings: rejected",
                            magnification / scale, calibration.rms_px),
                text_px, colours::ink);
    return canvas.png();
}

std::string uncertainty_picture(const stereo::Calibration& calibration,
                                const stereo::Observations& observations, double sd_px) {
    if (calibration.views.size() < 2) return {};
    Eigen::Vector3d low = Eigen::Vector3d::Constant(std::numeric_limits<double>::infinity());
    Eigen::Vector3d high = -low;
    for (const auto& item : observations.items) {
        const auto pose = static_cast<std::size_t>(item.pose);
        if (!calibration.pose_known[pose]) continue;
        const Eigen::Vector3d p =
            calibration.world_from_phantom[pose] *
            calibration.markers_in_phantom_mm[static_cast<std::size_t>(item.marker)];
        low = low.cwiseMin(p);
        high = high.cwiseMax(p);
    }
    const Eigen::Vector3d middle = 0.5 * (low + high);
    const double half = 0.5 * (high - low).maxCoeff();
    constexpr int cells = 48;
    constexpr double cell_px = 5.0;
    constexpr double map_px = cells * cell_px;
    constexpr std::array<std::array<int, 2>, 3> planes{{{0, 1}, {0, 2}, {1, 2}}};
    std::array<std::vector<double>, 3> maps;
    double least = std::numeric_limits<double>::infinity();
    double most = 0.0;
    for (std::size_t k = 0; k < planes.size(); ++k)
        for (int row = 0; row < cells; ++row)
            for (int column = 0; column < cells; ++column) {
                Eigen::Vector3d p = middle;
                p[planes[k][0]] += half * (2.0 * (column + 0.5) / cells - 1.0);
                p[planes[k][1]] += half * (1.0 - 2.0 * (row + 0.5) / cells);
                maps[k].push_back(largest_sd_mm(calibration, p, sd_px));
                if (!std::isfinite(maps[k].back())) continue;
                least = std::min(least, maps[k].back());
                most = std::max(most, maps[k].back());
            }
    if (!(most > 0.0)) return {};
    Canvas canvas(static_cast<int>(3.0 * (map_px + margin_px)) + margin_px,
                  static_cast<int>(map_px) + 3 * margin_px);
    const char* axes = "xyz";
    for (std::size_t k = 0; k < planes.size(); ++k) {
        const Canvas::Point corner(margin_px + static_cast<double>(k) * (map_px + margin_px),
                                   margin_px);
        for (int row = 0; row < cells; ++row)
            for (int column = 0; column < cells; ++column) {
                const double value = maps[k][static_cast<std::size_t>(row * cells + column)];
                const Canvas::Point at = corner + cell_px * Canvas::Point(column, row);
                if (std::isfinite(value))
                    canvas.fill(
                        {at, at + Canvas::Point(cell_px, 0.0), at + Canvas::Point(cell_px, cell_px),
                         at + Canvas::Point(0.0, cell_px)},
                        heat((value - least) / std::max(most - least, 1e-300)));
            }
        canvas.text(corner + Canvas::Point(0.5 * map_px, map_px + 16.0),
                    fmt::format("{} to the right, {} up; {:.0f} mm wide", axes[planes[k][0]],
                                axes[planes[k][1]], 2.0 * half),
                    text_px, colours::ink, Anchor::middle);
    }
    canvas.text({margin_px, margin_px - 28.0},
                "Largest standard deviation of a triangulated point, in any direction",
                text_px + 1.0, colours::ink);
    canvas.text({margin_px, margin_px - 12.0},
                fmt::format("calibration and pixel noise of {:.3f} px; planes through ({:.0f}, "
                            "{:.0f}, {:.0f}) mm of the world",
                            sd_px, middle.x(), middle.y(), middle.z()),
                text_px, colours::ink);
    const double bar_y = margin_px + map_px + 42.0;
    for (int i = 0; i < 200; ++i) {
        const Canvas::Point at(margin_px + 1.5 * i, bar_y);
        canvas.fill({at, at + Canvas::Point(1.5, 0.0), at + Canvas::Point(1.5, 12.0),
                     at + Canvas::Point(0.0, 12.0)},
                    heat(i / 199.0));
    }
    canvas.text({margin_px, bar_y + 28.0}, fmt::format("{:.4f} mm", least), text_px, colours::ink);
    canvas.text({margin_px + 300.0, bar_y + 28.0}, fmt::format("{:.4f} mm", most), text_px,
                colours::ink, Anchor::right);
    return canvas.png();
}

}  // namespace tools
