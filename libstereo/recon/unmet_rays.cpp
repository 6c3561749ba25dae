#include "linear_triangulation.hpp"

#include <stereo/recon/triangulate.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stereo {

std::string unmet_rays(std::span<const drr::CalibratedView> views,
                       std::span<const MeasuredPixel> pixels) {
    // A ray is along the line of the sources within this: a thousandth of a radian, the least angle
    // at which rays are taken to meet.
    constexpr double along = 1e-3;
    double widest_rad = 0.0;
    bool on_baseline = true;
    for (std::size_t i = 0; i < views.size(); ++i) {
        const Eigen::Vector3d ray = views[i].ray_in_world(pixels[i].pixel).normalized();
        for (std::size_t k = 0; k < views.size(); ++k) {
            if (k == i) continue;
            const Eigen::Vector3d other = views[k].ray_in_world(pixels[k].pixel).normalized();
            widest_rad = std::max(widest_rad, std::atan2(ray.cross(other).norm(), ray.dot(other)));
            const Eigen::Vector3d between =
                views[k].source_in_world_mm() - views[i].source_in_world_mm();
            on_baseline = on_baseline && ray.cross(between).norm() < along * between.norm();
        }
    }
    if (nearest_to_rays(views, pixels))
        return "the rays meet behind a source: the pixels are not of one point";
    if (on_baseline)
        return "the point lies on the line of the sources: all rays run along it, and where along "
               "that line it is cannot be known; a source beside the line is needed";
    return fmt::format(
        "the rays are parallel to {:.2g} degrees: the distance of the point from the sources "
        "cannot be known, only its place across them; a larger angle between the views is needed",
        widest_rad * 180.0 / std::numbers::pi);
}

}  // namespace stereo
