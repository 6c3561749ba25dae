#include "distortion_fits.hpp"

#include <drr/core/error.hpp>
#include <stereo/calib/undistortion_fit.hpp>

#include <Eigen/Cholesky>
#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

constexpr std::size_t least_central_points = 4;

Eigen::Matrix<double, 2, 4> similarity_rows(const Eigen::Vector2d& p) {
    Eigen::Matrix<double, 2, 4> rows;
    rows << p.x(), -p.y(), 1.0, 0.0, p.y(), p.x(), 0.0, 1.0;
    return rows;
}

GridPlacement placement_of(const Eigen::Vector4d& s) {
    return {std::hypot(s[0], s[1]), std::atan2(s[1], s[0]), s.tail<2>()};
}

struct SimilarityFit {
    GridPlacement placement;
    Eigen::Matrix4d inverse = Eigen::Matrix4d::Zero();
};
SimilarityFit fit_similarity(std::span<const GridCorrespondence> points) {
    Eigen::Matrix4d normal = Eigen::Matrix4d::Zero();
    Eigen::Vector4d right = Eigen::Vector4d::Zero();
    for (const auto& [position, pixel] : points) {
        normal += similarity_rows(position).transpose() * similarity_rows(position);
        right += similarity_rows(position).transpose() * pixel;
    }
    const Eigen::LDLT<Eigen::Matrix4d> solver(normal);
    return {placement_of(solver.solve(right)), solver.solve(Eigen::Matrix4d::Identity())};
}

/// The points about the middle of the image; empty where there are too few.
std::vector<GridCorrespondence> central_points(std::span<const GridCorrespondence> points,
                                               const UndistortionFitOptions& options) {
    const Eigen::Vector2d middle(0.5 * (options.width_px - 1), 0.5 * (options.height_px - 1));
    const auto nearest =
        std::min_element(points.begin(), points.end(), [&](const auto& a, const auto& b) {
            return (a.pixel - middle).squaredNorm() < (b.pixel - middle).squaredNorm();
        });
    std::vector<GridCorrespondence> central;
    for (const GridCorrespondence& point : points)
        if ((point.position - nearest->position).norm() <= options.central_pitches)
            central.push_back(point);
    if (central.size() < least_central_points) central.clear();
    return central;
}

/// The hull of the points, grown.
std::vector<Eigen::Vector2d> field_of(const std::vector<Eigen::Vector2d>& points_px,
                                      double margin_px) {
    std::vector<cv::Point2f> around;
    // A circle about each corner, as a polygon.
    constexpr int corners = 16;
    std::vector<cv::Point2f> points;
    for (const Eigen::Vector2d& p : points_px)
        points.emplace_back(static_cast<float>(p.x()), static_cast<float>(p.y()));
    std::vector<cv::Point2f> hull;
    cv::convexHull(points, hull);
    for (const cv::Point2f& p : hull)
        for (int k = 0; k < corners; ++k) {
            const double angle = 2.0 * CV_PI * k / corners;
            around.emplace_back(p.x + static_cast<float>(margin_px * std::cos(angle)),
                                p.y + static_cast<float>(margin_px * std::sin(angle)));
        }
    cv::convexHull(around, hull);
    std::vector<Eigen::Vector2d> field;
    for (const cv::Point2f& p : hull)
        field.emplace_back(p.x, p.y);
    return field;
}

double rms(const std::vector<Eigen::Vector2d>& residuals) {
    double sum = 0.0;
    double count = 0.0;
    for (const Eigen::Vector2d& r : residuals) {
        if (!r.allFinite()) continue;
        sum += r.squaredNorm();
        count += 2.0;
    }
    return count > 0.0 ? std::sqrt(sum / count) : 0.0;
}

std::optional<MapFit> fit_map(const PlacePairs& pairs, const UndistortionModel& model,
                              const UndistortionFitOptions& options, GridPlacement& placement) {
    switch (model.kind) {
        case UndistortionKind::polynomial:
            return fit_global_polynomial(pairs, model.order);
        case UndistortionKind::thin_plate:
            return fit_thin_plate(pairs, model.smoothing);
        case UndistortionKind::local_weighted_mean:
            return fit_local_weighted_mean(pairs, model.order);
        case UndistortionKind::brown_conrady: {
            auto lens = fit_brown_conrady(pairs, model.order, options.width_px, options.height_px);
            if (!lens) return std::nullopt;
            // The lens has its own scale, turn and place, after those of the placement.
            const Eigen::Vector4d& s = lens->similarity;
            const Eigen::Matrix2d turn{{s[0], -s[1]}, {s[1], s[0]}};
            placement.pitch_px *= std::hypot(s[0], s[1]);
            placement.angle_rad += std::atan2(s[1], s[0]);
            placement.origin_px = turn * placement.origin_px + s.tail<2>();
            return lens->fit;
        }
        case UndistortionKind::none:
            break;
    }
    return std::nullopt;
}

}  // namespace

Eigen::Vector2d GridPlacement::undistorted_px(const Eigen::Vector2d& position) const {
    const double c = pitch_px * std::cos(angle_rad);
    const double s = pitch_px * std::sin(angle_rad);
    return origin_px + Eigen::Vector2d(c * position.x() - s * position.y(),
                                       s * position.x() + c * position.y());
}

std::string UndistortionModel::name() const {
    switch (kind) {
        case UndistortionKind::none:
            return "none";
        case UndistortionKind::brown_conrady:
            return fmt::format("Brown-Conrady, {} radial", order);
        case UndistortionKind::polynomial:
            return fmt::format("polynomial of order {}", order);
        case UndistortionKind::thin_plate:
            return fmt::format("thin-plate spline, smoothing {:g}", smoothing);
        case UndistortionKind::local_weighted_mean:
            return fmt::format("local weighted mean of {}", order);
    }
    return "";
}

void UndistortionFitOptions::validate() const {
    drr::require(width_px > 0 && height_px > 0, "an undistortion needs the size of the image");
    drr::require(central_pitches >= 1.0, "central_pitches must be at least 1");
    drr::require(margin_pitches >= 0.0, "margin_pitches must not be negative");
}

UndistortionFit fit_undistortion(std::span<const GridCorrespondence> points,
                                 const UndistortionModel& model,
                                 const UndistortionFitOptions& options) {
    options.validate();
    const auto in = [&](int low, int high) { return model.order >= low && model.order <= high; };
    drr::require(model.kind != UndistortionKind::brown_conrady || in(1, 3),
                 "Brown-Conrady has 1 to 3 radial coefficients");
    drr::require(
        model.kind != UndistortionKind::polynomial || in(1, drr::PolynomialMap::max_order),
        fmt::format("the order of a polynomial must be 1 to {}", drr::PolynomialMap::max_order));
    drr::require(model.kind != UndistortionKind::local_weighted_mean || in(7, 100),
                 "a local weighted mean needs 7 to 100 neighbours");
    drr::require(std::isfinite(model.smoothing) && model.smoothing >= 0.0,
                 "the smoothing of a spline must not be negative");
    for (const auto& [position, pixel] : points)
        drr::require(position.allFinite() && pixel.allFinite(), "points of a grid must be finite");

    UndistortionFit fit;
    fit.model = model;
    const auto fail = [&](const std::string& why) {
        fit.summary = fmt::format("{}: {}", model.name(), why);
        return fit;
    };
    if (points.empty()) return fail("no points");
    const std::vector<GridCorrespondence> central = central_points(points, options);
    if (central.empty()) return fail("too few points about the middle of the image");
    fit.placement = fit_similarity(central).placement;
    if (!(fit.placement.pitch_px > 0.0)) return fail("the points about the middle are one point");

    PlacePairs pairs;
    if (model.kind == UndistortionKind::none) {
        const SimilarityFit whole = fit_similarity(points);
        fit.placement = whole.placement;
        fit.parameters = 2.0;
        for (const auto& [position, pixel] : points) {
            const Eigen::Matrix2d left =
                Eigen::Matrix2d::Identity() -
                similarity_rows(position) * whole.inverse * similarity_rows(position).transpose();
            fit.left_out_px.emplace_back(left.inverse() *
                                         (pixel - whole.placement.undistorted_px(position)));
        }
    } else {
        for (const auto& [position, pixel] : points) {
            pairs.undistorted_px.push_back(fit.placement.undistorted_px(position));
            pairs.distorted_px.push_back(pixel);
        }
        std::optional<MapFit> map = fit_map(pairs, model, options, fit.placement);
        if (!map) return fail(fmt::format("cannot be fitted to {} points", points.size()));
        fit.undistortion.map = std::move(map->map);
        fit.left_out_px = std::move(map->left_out_px);
        fit.parameters = map->parameters;
    }
    fit.undistortion.width_px = options.width_px;
    fit.undistortion.height_px = options.height_px;
    std::vector<Eigen::Vector2d> places;
    for (const auto& [position, pixel] : points)
        places.push_back(fit.placement.undistorted_px(position));
    if (model.kind != UndistortionKind::none && model.kind != UndistortionKind::brown_conrady)
        fit.undistortion.field_px =
            field_of(places, options.margin_pitches * fit.placement.pitch_px);
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto seen =
            std::visit([&](const auto& m) { return m.at(places[i]); }, fit.undistortion.map);
        fit.residuals_px.emplace_back(points[i].pixel - seen->point_px);
    }
    fit.rms_px = rms(fit.residuals_px);
    fit.left_out_rms_px = rms(fit.left_out_px);
    fit.ok = true;
    fit.summary = fmt::format("{}: residuals {:.4f} px, leave-one-out {:.4f} px RMS of {} points",
                              model.name(), fit.rms_px, fit.left_out_rms_px, points.size());
    return fit;
}

}  // namespace stereo
