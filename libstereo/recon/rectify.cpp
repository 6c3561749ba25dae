#include <drr/core/error.hpp>
#include <stereo/recon/rectify.hpp>

#include <Eigen/LU>
#include <opencv2/imgproc.hpp>

#include <cmath>

namespace stereo {

RectifiedPair rectify(const drr::CalibratedView& view_a, const drr::CalibratedView& view_b) {
    const std::array<drr::CalibratedView, 2> given{view_a, view_b};
    const Eigen::Vector3d baseline = view_b.source_in_world_mm() - view_a.source_in_world_mm();
    drr::require(baseline.norm() > 0.0, "rectification needs two sources apart");
    const Eigen::Matrix3d world_from_a = view_a.view_from_world.matrix().transpose();
    const Eigen::Matrix3d world_from_b = view_b.view_from_world.matrix().transpose();
    const Eigen::Vector3d forward = (world_from_a.col(2) + world_from_b.col(2)).normalized();
    Eigen::Vector3d columns = baseline.normalized();
    // The way round that leaves columns, or else rows, more as they were.
    const Eigen::Vector3d old_columns = world_from_a.col(0) + world_from_b.col(0);
    const Eigen::Vector3d old_rows = world_from_a.col(1) + world_from_b.col(1);
    const double along_columns = columns.dot(old_columns);
    const double along_rows = columns.dot(old_rows);
    if ((std::abs(along_columns) >= std::abs(along_rows) ? along_columns : along_rows) < 0.0)
        columns = -columns;
    const Eigen::Vector3d rows = forward.cross(columns);
    // Nearer to the baseline than this the rectified image would be stretched a thousandfold.
    constexpr double min_sine = 1e-3;
    drr::require(rows.norm() > min_sine, "a view along the baseline cannot be rectified");
    Eigen::Matrix3d rotation;
    rotation.row(0) = columns.transpose();
    rotation.row(1) = rows.normalized().transpose();
    rotation.row(2) = columns.cross(rows.normalized()).transpose();

    RectifiedPair pair;
    double focal_px = 0.0;
    for (const drr::CalibratedView& view : given)
        focal_px += 0.25 * (view.pinhole.fx_px + view.pinhole.fy_px);
    std::array<Eigen::Vector2d, 2> middle;  // of each image, on the new plane at the focal length
    for (std::size_t v = 0; v < 2; ++v) {
        const Eigen::Vector2d centre(0.5 * (given[v].width_px - 1), 0.5 * (given[v].height_px - 1));
        const Eigen::Vector3d ray = rotation * given[v].ray_in_world(centre);
        middle[v] = focal_px * ray.head<2>() / ray.z();
    }
    for (std::size_t v = 0; v < 2; ++v) {
        drr::CalibratedView& view = pair.views[v];
        view.width_px = given[v].width_px;
        view.height_px = given[v].height_px;
        view.pinhole = {focal_px, focal_px, 0.5 * (view.width_px - 1) - middle[v].x(),
                        0.5 * (given[0].height_px - 1) - 0.5 * (middle[0].y() + middle[1].y())};
        view.view_from_world = drr::Rigid3(rotation, -(rotation * given[v].source_in_world_mm()));
        pair.rectified_from_pixel[v] = view.pinhole.matrix() * rotation *
                                       given[v].view_from_world.matrix().transpose() *
                                       given[v].pinhole.matrix().inverse();
    }
    return pair;
}

drr::Image<float> rectified_image(const drr::Image<float>& image,
                                  const Eigen::Matrix3d& rectified_from_pixel) {
    drr::Image<float> source = image;
    drr::Image<float> result(image.width(), image.height());
    const cv::Mat from(source.height(), source.width(), CV_32F, source.pixels().data());
    cv::Mat to(result.height(), result.width(), CV_32F, result.pixels().data());
    cv::Mat homography(3, 3, CV_64F);
    for (int r = 0; r < 3; ++r)
        for (int c = 0; c < 3; ++c)
            homography.at<double>(r, c) = rectified_from_pixel(r, c);
    cv::warpPerspective(from, to, homography, to.size(), cv::INTER_CUBIC, cv::BORDER_CONSTANT);
    return result;
}

}  // namespace stereo
