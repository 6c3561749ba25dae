#include "pictures/grid_overlay.hpp"

#include "pictures/overlay_picture.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace tools {
namespace {

// Sixteenths of a pixel, so that what is drawn is where the points are.
constexpr int shift = 4;

const cv::Scalar first_axis(0, 150, 255);  // blue, green, red
const cv::Scalar second_axis(255, 150, 60);
const cv::Scalar good(60, 200, 60);
const cv::Scalar bad(60, 60, 230);

cv::Point fixed(const Eigen::Vector2d& p) {
    return {static_cast<int>(std::lround(p.x() * (1 << shift))),
            static_cast<int>(std::lround(p.y() * (1 << shift)))};
}

int fixed(double length) {
    return static_cast<int>(std::lround(length * (1 << shift)));
}

}  // namespace

void write_grid_overlay(const std::filesystem::path& path, const drr::Image<float>& image,
                        const stereo::GridDetection& grid) {
    cv::Mat picture = picture_of(image);
    std::map<std::pair<int, int>, const stereo::BeadDetection*> at;
    for (const auto& [site, bead] : grid.points)
        at[{site.x(), site.y()}] = &bead;
    const auto join = [&](const stereo::GridPoint& point, const Eigen::Vector2i& step,
                          const cv::Scalar& paint) {
        const auto next = at.find({point.site.x() + step.x(), point.site.y() + step.y()});
        if (next != at.end())
            cv::line(picture, fixed(point.bead.center_px), fixed(next->second->center_px), paint, 1,
                     cv::LINE_AA, shift);
    };
    for (const stereo::GridPoint& point : grid.points) {
        join(point, {1, 0}, first_axis);
        join(point, {0, 1}, second_axis);
    }
    for (const auto& [site, bead] : grid.points) {
        const cv::Scalar& paint = bead.flags == stereo::bead_ok ? good : bad;
        cv::circle(picture, fixed(bead.center_px), fixed(bead.radius_px + 1.5), paint, 1,
                   cv::LINE_AA, shift);
        if (site == Eigen::Vector2i::Zero())
            cv::circle(picture, fixed(bead.center_px), fixed(2.0 * bead.radius_px + 3.0), good, 2,
                       cv::LINE_AA, shift);
    }
    for (const stereo::BeadDetection& bead : grid.strays) {
        const double r = bead.radius_px;
        for (const double sign : {-1.0, 1.0})
            cv::line(picture, fixed(bead.center_px - r * Eigen::Vector2d(1.0, sign)),
                     fixed(bead.center_px + r * Eigen::Vector2d(1.0, sign)), bad, 1, cv::LINE_AA,
                     shift);
    }
    drr::write_file_with(path, [&](const std::filesystem::path& temporary) {
        if (!cv::imwrite(temporary.string(), picture))
            throw drr::Error(drr::ErrorCode::io, "the overlay cannot be written", path.string());
    });
}

}  // namespace tools
