#include "pictures/bead_overlay.hpp"

#include "pictures/overlay_picture.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace tools {
namespace {

// Sixteenths of a pixel, so that the drawn circles are where the beads are.
constexpr int shift = 4;
constexpr double cross_px = 3.0;

const cv::Scalar good(60, 200, 60);  // blue, green, red
const cv::Scalar flagged(0, 140, 255);
const cv::Scalar refused_paint(200, 120, 120);

cv::Point fixed(double x, double y) {
    return {static_cast<int>(std::lround(x * (1 << shift))),
            static_cast<int>(std::lround(y * (1 << shift)))};
}

/// Whether a refusal says more than that there is texture.
bool is_worth_a_cross(stereo::BeadRefusal reason) {
    using stereo::BeadRefusal;
    return reason == BeadRefusal::wrong_size || reason == BeadRefusal::out_of_round ||
           reason == BeadRefusal::poor_fit;
}

}  // namespace

void write_overlay(const std::filesystem::path& path, const drr::Image<float>& image,
                   const stereo::ImageDetections& detections,
                   const std::vector<stereo::RefusedCandidate>& refused) {
    cv::Mat picture = picture_of(image);
    for (const stereo::RefusedCandidate& candidate : refused) {
        if (!is_worth_a_cross(candidate.reason)) continue;
        const double x = candidate.center_px.x();
        const double y = candidate.center_px.y();
        for (const double side : {-cross_px, cross_px})
            cv::line(picture, fixed(x - cross_px, y - side), fixed(x + cross_px, y + side),
                     refused_paint, 1, cv::LINE_AA, shift);
    }
    for (std::size_t i = 0; i < detections.beads.size(); ++i) {
        const stereo::BeadDetection& bead = detections.beads[i];
        const cv::Scalar& paint = bead.flags == stereo::bead_ok ? good : flagged;
        const double radius = 1.5 * bead.radius_px + 3.0;
        cv::circle(picture, fixed(bead.center_px.x(), bead.center_px.y()),
                   static_cast<int>(std::lround(radius * (1 << shift))), paint, 1, cv::LINE_AA,
                   shift);
        const std::string label =
            detections.markers.empty() ? std::to_string(i + 1) : detections.markers[i];
        cv::putText(picture, label,
                    {static_cast<int>(bead.center_px.x() + radius + 1.0),
                     static_cast<int>(bead.center_px.y() - 2.0)},
                    cv::FONT_HERSHEY_SIMPLEX, 0.4, paint, 1, cv::LINE_AA);
    }
    drr::write_file_with(path, [&](const std::filesystem::path& temporary) {
        if (!cv::imwrite(temporary.string(), picture))
            throw drr::Error(drr::ErrorCode::io, "the overlay cannot be written", path.string());
    });
}

}  // namespace tools
