#include <drr/core/error.hpp>
#include <drr/geometry/decompositions.hpp>
#include <stereo/recon/image_match.hpp>
#include <stereo/recon/rectify.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace stereo {

void ImageMatchOptions::validate() const {
    drr::require(near_mm > 0.0 && far_mm > near_mm,
                 "matching needs depths: near above 0 and far above near");
}

ImageMatches match_images(const std::array<drr::Image<float>, 2>& images,
                          const std::array<drr::CalibratedView, 2>& views,
                          std::span<const Eigen::Vector2d> points_a,
                          const ImageMatchOptions& options) {
    options.validate();
    for (std::size_t v = 0; v < 2; ++v)
        drr::require(
            images[v].width() == views[v].width_px && images[v].height() == views[v].height_px,
            fmt::format("view {} has {} x {} px, its image {} x {}", v, views[v].width_px,
                        views[v].height_px, images[v].width(), images[v].height()));
    const RectifiedPair pair = rectify(views[0], views[1]);
    std::array<drr::Image<float>, 2> rectified;
    for (std::size_t v = 0; v < 2; ++v)
        rectified[v] = rectified_image(images[v], pair.rectified_from_pixel[v]);

    // A point at depth z before both sources has the disparity c_b - c_a + f (x_b - x_a) / z, where
    // the sources stand apart along the columns.
    const double apart_mm =
        (pair.views[1].view_from_world * pair.views[0].source_in_world_mm()).x();
    const auto disparity = [&](double depth_mm) {
        return pair.views[1].pinhole.cx_px - pair.views[0].pinhole.cx_px +
               pair.views[0].pinhole.fx_px * apart_mm / depth_mm;
    };
    // Distances along the beams and along the rectified axis differ by the cosine of half the angle
    // between the views.
    const double cosine = (views[0].view_from_world.matrix().row(2))
                              .dot(pair.views[0].view_from_world.matrix().row(2));
    const double near = disparity(options.near_mm * cosine);
    const double far = disparity(options.far_mm * cosine);
    GuidedMatchOptions window = options.window;
    window.min_disparity_px = static_cast<int>(std::floor(std::min(near, far))) - 1;
    window.max_disparity_px = static_cast<int>(std::ceil(std::max(near, far))) + 1;

    std::vector<Eigen::Vector2d> points;
    for (const Eigen::Vector2d& a : points_a)
        points.push_back((pair.rectified_from_pixel[0] * a.homogeneous()).hnormalized());
    const std::vector<GuidedMatch> found =
        guided_matches(rectified[0], rectified[1], points, window);
    const Eigen::Matrix3d pixel_from_rectified = drr::inverse_of(pair.rectified_from_pixel[1]);
    ImageMatches result;
    for (std::size_t i = 0; i < found.size(); ++i) {
        ImageMatch match;
        match.a = points_a[i];
        match.b = (pixel_from_rectified * found[i].b.homogeneous()).hnormalized();
        match.correlation = found[i].correlation;
        match.margin = found[i].margin;
        match.left_right_px = found[i].left_right_px;
        if (found[i].ok) {
            match.point = triangulate(views, std::array{match.a, match.b});
            match.ok = match.point.ok;
        }
        result.ok_count += match.ok ? 1 : 0;
        result.matches.push_back(match);
    }
    result.summary =
        fmt::format("{} of {} points matched, disparities from {} to {} px", result.ok_count,
                    result.matches.size(), window.min_disparity_px, window.max_disparity_px);
    return result;
}

std::vector<Eigen::Vector2d> structured_points(const drr::Image<float>& image, int spacing_px,
                                               int half_window_px, double share) {
    drr::require(spacing_px > 0 && half_window_px > 0, "spacing and window must be positive");
    drr::require(share >= 0.0 && share <= 1.0, "the share of contrast is 0 to 1");
    std::vector<std::pair<double, Eigen::Vector2d>> candidates;
    double most = 0.0;
    const int border = half_window_px + 1;
    for (int y = border; y + border < image.height(); y += spacing_px)
        for (int x = border; x + border < image.width(); x += spacing_px) {
            Eigen::Matrix2d tensor = Eigen::Matrix2d::Zero();
            for (int v = y - half_window_px; v <= y + half_window_px; ++v)
                for (int u = x - half_window_px; u <= x + half_window_px; ++u) {
                    const Eigen::Vector2d slope(image(u + 1, v) - image(u - 1, v),
                                                image(u, v + 1) - image(u, v - 1));
                    tensor += slope * slope.transpose();
                }
            // the smaller eigenvalue
            const double least = 0.5 * tensor.trace() -
                                 std::hypot(0.5 * (tensor(0, 0) - tensor(1, 1)), tensor(0, 1));
            most = std::max(most, least);
            candidates.emplace_back(least, Eigen::Vector2d(x, y));
        }
    std::vector<Eigen::Vector2d> points;
    for (const auto& [contrast, point] : candidates)
        if (contrast >= share * most && contrast > 0.0) points.push_back(point);
    return points;
}

}  // namespace stereo
