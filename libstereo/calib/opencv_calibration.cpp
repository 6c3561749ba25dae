#include "initial_view.hpp"
#include "opencv_covariance.hpp"
#include "procedures.hpp"

#include <fmt/format.h>
#include <opencv2/calib3d.hpp>

#include <array>
#include <cmath>
#include <map>

namespace stereo {
namespace {

// X-ray views have no lens.
constexpr int without_distortion =
    cv::CALIB_ZERO_TANGENT_DIST | cv::CALIB_FIX_K1 | cv::CALIB_FIX_K2 | cv::CALIB_FIX_K3;

struct Images {
    std::vector<int> poses;
    std::vector<std::vector<cv::Point3f>> points;
    std::vector<std::vector<cv::Point2f>> pixels;
};

cv::Point3f cv_point(const Eigen::Vector3d& p) {
    return {static_cast<float>(p.x()), static_cast<float>(p.y()), static_cast<float>(p.z())};
}
cv::Point2f cv_pixel(const Eigen::Vector2d& p) {
    return {static_cast<float>(p.x()), static_cast<float>(p.y())};
}

drr::Rigid3 motion(const cv::Mat& rotation, const cv::Mat& translation) {
    cv::Mat matrix = rotation;
    if (rotation.total() == 3) cv::Rodrigues(rotation, matrix);
    Eigen::Matrix3d r;
    Eigen::Vector3d t;
    for (int row = 0; row < 3; ++row) {
        t[row] = translation.at<double>(row);
        for (int column = 0; column < 3; ++column)
            r(row, column) = matrix.at<double>(row, column);
    }
    return {r, t};
}

struct OneView {
    cv::Mat camera;
    std::map<int, drr::Rigid3> view_from_phantom;
};

OneView calibrate_camera(const Observations& observations, int view, const drr::Pinhole& start,
                         const CalibrationOptions& options) {
    Images images;
    for (int pose = 0; pose < observations.pose_count; ++pose) {
        const ImagePoints image = points_of_image(observations, pose, view);
        constexpr std::size_t min_points = 6;  // what OpenCV's pose by DLT takes
        if (image.pixels.size() < min_points) continue;
        images.poses.push_back(pose);
        auto& points = images.points.emplace_back();
        auto& pixels = images.pixels.emplace_back();
        for (std::size_t i = 0; i < image.pixels.size(); ++i) {
            points.push_back(cv_point(image.points_in_phantom_mm[i]));
            pixels.push_back(cv_pixel(image.pixels[i]));
        }
    }
    OneView result;
    result.camera = (cv::Mat_<double>(3, 3) << start.fx_px, 0, start.cx_px, 0, start.fy_px,
                     start.cy_px, 0, 0, 1);
    std::vector<cv::Mat> turns;
    std::vector<cv::Mat> shifts;
    cv::Mat distortion = cv::Mat::zeros(5, 1, CV_64F);
    const int flags = cv::CALIB_USE_INTRINSIC_GUESS | without_distortion |
                      (options.square_pixels ? cv::CALIB_FIX_ASPECT_RATIO : 0);
    cv::calibrateCamera(images.points, images.pixels,
                        {observations.width_px, observations.height_px}, result.camera, distortion,
                        turns, shifts, flags);
    for (std::size_t i = 0; i < images.poses.size(); ++i)
        result.view_from_phantom[images.poses[i]] = motion(turns[i], shifts[i]);
    return result;
}

// Motion from view 0 to another one, by stereoCalibrate over the markers that both see.
drr::Rigid3 stereo_motion(const Observations& observations, int view, const OneView& first,
                          const OneView& other) {
    Images images;
    std::vector<std::vector<cv::Point2f>> other_pixels;
    for (int pose = 0; pose < observations.pose_count; ++pose) {
        std::map<int, std::array<const Observation*, 2>> seen;
        for (const auto& item : observations.items) {
            if (item.pose != pose) continue;
            if (item.view == 0) seen[item.marker][0] = &item;
            if (item.view == view) seen[item.marker][1] = &item;
        }
        std::vector<cv::Point3f> points;
        std::vector<cv::Point2f> a;
        std::vector<cv::Point2f> b;
        for (const auto& [marker, pair] : seen) {
            if (pair[0] == nullptr || pair[1] == nullptr) continue;
            points.push_back(
                cv_point(observations.markers_in_phantom_mm[static_cast<std::size_t>(marker)]));
            a.push_back(cv_pixel(pair[0]->pixel));
            b.push_back(cv_pixel(pair[1]->pixel));
        }
        constexpr std::size_t min_points = 6;
        if (points.size() < min_points) continue;
        images.points.push_back(points);
        images.pixels.push_back(a);
        other_pixels.push_back(b);
    }
    cv::Mat camera_a = first.camera.clone();
    cv::Mat camera_b = other.camera.clone();
    cv::Mat none_a = cv::Mat::zeros(5, 1, CV_64F);
    cv::Mat none_b = cv::Mat::zeros(5, 1, CV_64F);
    cv::Mat rotation;
    cv::Mat translation;
    cv::Mat essential;
    cv::Mat fundamental;
    cv::stereoCalibrate(images.points, images.pixels, other_pixels, camera_a, none_a, camera_b,
                        none_b, {observations.width_px, observations.height_px}, rotation,
                        translation, essential, fundamental, cv::CALIB_FIX_INTRINSIC);
    return motion(rotation, translation);
}

}  // namespace

Calibration calibrate_opencv(const Observations& observations, const CalibrationOptions& options) {
    Calibration result;
    result.procedure = Procedure::opencv;
    result.markers_in_phantom_mm = observations.markers_in_phantom_mm;
    std::vector<OneView> views;
    try {
        for (int view = 0; view < observations.view_count; ++view) {
            const InitialView start = initial_view(observations, view);
            if (!start.undetermined.empty()) {
                result.undetermined.push_back(start.undetermined);
                result.summary = start.undetermined;
                return result;
            }
            views.push_back(calibrate_camera(observations, view, start.pinhole, options));
        }
        const auto& in_first = views[0].view_from_phantom;
        if (in_first.empty()) {
            result.summary = "view 0 sees no pose with 6 markers";
            return result;
        }
        result.world_pose = in_first.begin()->first;
        const drr::Rigid3 first_from_world = in_first.begin()->second;
        for (int view = 0; view < observations.view_count; ++view) {
            const cv::Mat& k = views[static_cast<std::size_t>(view)].camera;
            const drr::Rigid3 from_first =
                view == 0 ? drr::Rigid3()
                          : stereo_motion(observations, view, views[0],
                                          views[static_cast<std::size_t>(view)]);
            result.views.push_back(
                {{k.at<double>(0, 0), k.at<double>(1, 1), k.at<double>(0, 2), k.at<double>(1, 2)},
                 from_first * first_from_world,
                 observations.width_px,
                 observations.height_px});
        }
        for (int pose = 0; pose < observations.pose_count; ++pose) {
            const auto found = in_first.find(pose);
            result.pose_known.push_back(found != in_first.end());
            result.world_from_phantom.push_back(found != in_first.end()
                                                    ? first_from_world.inverse() * found->second
                                                    : drr::Rigid3());
        }
    } catch (const cv::Exception& error) {
        result.views.clear();
        result.summary = fmt::format("OpenCV: {}", error.err);
        return result;
    }
    double sum = 0.0;
    std::size_t count = 0;
    for (const auto& item : observations.items) {
        const auto pose = static_cast<std::size_t>(item.pose);
        result.used.push_back(result.pose_known[pose]);
        const Eigen::Vector3d in_world =
            result.world_from_phantom[pose] *
            observations.markers_in_phantom_mm[static_cast<std::size_t>(item.marker)];
        result.residuals_px.emplace_back(
            item.pixel - result.views[static_cast<std::size_t>(item.view)].project(in_world));
        if (!result.used.back()) continue;
        sum += result.residuals_px.back().squaredNorm();
        ++count;
    }
    result.rms_px = std::sqrt(sum / static_cast<double>(count));
    result.ok = std::isfinite(result.rms_px);
    if (options.covariance && result.ok) {
        std::vector<CameraFit> fits;
        for (std::size_t v = 0; v < views.size(); ++v)
            fits.push_back({result.views[v].pinhole, views[v].view_from_phantom});
        add_opencv_covariance(observations, options, fits, result);
    }
    result.summary = fmt::format("{} observations, RMS {:.4f} px", count, result.rms_px);
    return result;
}

}  // namespace stereo
