#include "pictures/calibration_pictures.hpp"

#include "outputs/scale_bar.hpp"
#include "pictures/canvas.hpp"
#include "pictures/plane_maps.hpp"

#include <drr/geometry/decompositions.hpp>
#include <stereo/calib/uncertainty.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace tools {
namespace {

constexpr int margin_px = 48;
constexpr double text_px = 9.0;

// The largest standard deviation of a point in any direction; NaN where there is none.
double largest_sd_mm(const stereo::Calibration& c, const Eigen::Vector3d& point, double sd_px) {
    const auto uncertainty = stereo::point_uncertainty(c, point, sd_px);
    if (!uncertainty.ok) return std::numeric_limits<double>::quiet_NaN();
    const double largest_mm2 = drr::symmetric_eigen(uncertainty.total_mm2()).values[2];
    return std::sqrt(std::max(largest_mm2, 0.0));
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
                fmt::format("all poses; RMS {:.4f} px; red rings: rejected", calibration.rms_px),
                text_px, colours::ink);
    constexpr double least_bar_px = 40.0;  // of the picture
    const double bar_px = round_length(least_bar_px / magnification);
    const Canvas::Point right(margin_px + width_px, margin_px + height_px + 18.0);
    const Canvas::Point left = right - Canvas::Point(magnification * bar_px, 0.0);
    canvas.line(left, right, colours::blue);
    for (const Canvas::Point& end : {left, right})
        canvas.line(end - Canvas::Point(0.0, 4.0), end + Canvas::Point(0.0, 4.0), colours::blue);
    canvas.text(left - Canvas::Point(76.0, -4.0), fmt::format("{:g} px", bar_px), text_px,
                colours::ink);
    return canvas.png();
}

std::string uncertainty_picture(const stereo::Calibration& calibration,
                                const stereo::WorkingVolume& volume, double sd_px) {
    if (calibration.views.size() < 2) return {};
    return plane_maps(
        volume, {{"Largest standard deviation of a triangulated point, in any direction", "mm"}},
        fmt::format("calibration and pixel noise of {:.3f} px", sd_px),
        [&](const Eigen::Vector3d& point) {
            return std::vector{largest_sd_mm(calibration, point, sd_px)};
        });
}

std::string uncertainty_csv(const stereo::Calibration& calibration,
                            const stereo::WorkingVolume& volume, double sd_px) {
    std::string text = "x_mm,y_mm,z_mm";
    for (const char* part : {"calibration", "pixels"})
        for (const char* axes : {"xx", "yy", "zz", "xy", "xz", "yz"})
            text += fmt::format(",{}_{}_mm2", part, axes);
    text += "\n";
    for (const auto& point : stereo::grid_points(volume)) {
        const auto uncertainty = stereo::point_uncertainty(calibration, point, sd_px);
        if (!uncertainty.ok) continue;
        text += fmt::format("{:.3f},{:.3f},{:.3f}", point.x(), point.y(), point.z());
        for (const Eigen::Matrix3d& c : {uncertainty.of_calibration_mm2, uncertainty.of_pixels_mm2})
            text += fmt::format(",{:.4e},{:.4e},{:.4e},{:.4e},{:.4e},{:.4e}", c(0, 0), c(1, 1),
                                c(2, 2), c(0, 1), c(0, 2), c(1, 2));
        text += "\n";
    }
    return text;
}

std::string difference_picture(const stereo::CalibrationComparison& comparison,
                               const stereo::Calibration& first, const stereo::Calibration& second,
                               const stereo::WorkingVolume& volume) {
    if (comparison.points.empty()) return {};
    return plane_maps(
        volume,
        {{"Difference of the calibrations after the best rigid motion", "mm"},
         {"The same in standard deviations: of a Gaussian number of the same chance", "sd"}},
        "world of the first calibration", [&](const Eigen::Vector3d& point) {
            constexpr double none = std::numeric_limits<double>::quiet_NaN();
            const auto d = stereo::difference_at(comparison, first, second, point);
            return d ? std::vector{d->difference_mm.norm(), d->significance.sigmas()}
                     : std::vector{none, none};
        });
}

}  // namespace tools
