#include "initial_view.hpp"

#include "homography.hpp"

#include <drr/core/error.hpp>
#include <drr/core/order_statistics.hpp>
#include <drr/geometry/absolute_pose.hpp>
#include <stereo/calib/dlt.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace stereo {
namespace {

constexpr std::size_t min_dlt_points = 6;
constexpr std::size_t min_plane_points = 4;
// Of X-ray units, SDD over the detector's width: 3 to 6.
constexpr double focal_length_guess = 4.0;
// No X-ray unit is beyond these; where the principal point is only assumed, one image of a plane
// that is nearly parallel to the detector can give any focal length.
constexpr double least_focal_length = 1.0;
constexpr double most_focal_length = 20.0;

struct Image {
    ImagePoints points;
    PointShape shape;
    std::optional<Eigen::Matrix3d> plane;  // homography
    std::optional<drr::Rigid3> start;      // pose from a DLT
    double focal_px = 0.0;                 // of that DLT
};

struct Intrinsics {
    std::vector<double> focal, cx, cy;
};

// What an image without enough markers is, in words.
std::string shortcoming(const std::vector<Image>& images) {
    std::size_t most = 0;
    bool lines = false;
    for (const auto& image : images) {
        most = std::max(most, image.points.pixels.size());
        lines = lines || (image.points.pixels.size() >= 3 && image.shape.is_line());
    }
    if (lines)
        return "its markers lie on a line: a turn of the phantom about that line leaves every "
               "image as it is";
    return fmt::format(
        "no image shows more than {} markers, {} measured numbers, but SDD, principal point and "
        "the six numbers of a pose are 9: needed are 6 markers in space, or 4 on a plane in "
        "several poses",
        most, 2 * most);
}

// The focal length to start from, found or guessed: what is known wins where both contradict.
double focal_length_px(std::optional<double> found, double guess, int view,
                       std::span<const FocalLengthPrior> known) {
    constexpr double contradiction = 3.0;  // standard deviations
    double focal = found.value_or(guess);
    for (const FocalLengthPrior& prior : known)
        if (prior.view == view &&
            (!found || !(std::abs(focal - prior.focal_length_px) <= contradiction * prior.sd_px)))
            focal = prior.focal_length_px;
    return focal;
}

}  // namespace

InitialView initial_view(const Observations& observations, int view,
                         std::span<const FocalLengthPrior> known) {
    InitialView result;
    std::vector<Image> images;
    Intrinsics found;
    std::vector<Eigen::Matrix3d> planes;
    for (ImagePoints& points : points_of_view(observations, view)) {
        Image& image = images.emplace_back();
        image.points = std::move(points);
        if (image.points.pixels.size() < 3) continue;
        image.shape = shape_of(image.points.points_in_phantom_mm);
        if (image.shape.is_line()) continue;
        if (image.shape.is_plane()) {
            if (image.points.pixels.size() < min_plane_points) continue;
            image.plane = homography(image.shape, image.points);
            planes.push_back(*image.plane);
            continue;
        }
        if (image.points.pixels.size() < min_dlt_points) continue;
        const DltResult linear = dlt(image.points.points_in_phantom_mm, image.points.pixels);
        if (!linear.ok) continue;
        drr::CalibratedView decomposed;
        try {
            decomposed = drr::decompose_projection(linear.projection_matrix).view;
        } catch (const drr::Error&) {
            continue;  // few markers and their noise can give a matrix that no source has
        }
        found.focal.push_back(0.5 * (decomposed.pinhole.fx_px + decomposed.pinhole.fy_px));
        found.cx.push_back(decomposed.pinhole.cx_px);
        found.cy.push_back(decomposed.pinhole.cy_px);
        image.start = decomposed.view_from_world;
        image.focal_px = found.focal.back();
    }
    const int width = observations.width_px;
    const int height = observations.height_px;
    if (!found.focal.empty()) {
        const double median = drr::median(found.focal);
        const double f = focal_length_px(median, median, view, known);
        // The same magnification at another distance.
        if (f != median)
            for (Image& image : images)
                if (image.start) image.start->translation_mm.z() *= f / image.focal_px;
        result.pinhole = {f, f, drr::median(found.cx), drr::median(found.cy)};
    } else if (!planes.empty()) {
        auto pinhole = pinhole_of_planes(planes, width, height);
        if (!pinhole) {
            pinhole = centred_pinhole_of_planes(planes, width, height);
            if (pinhole && (pinhole->fx_px < least_focal_length * width ||
                            pinhole->fx_px > most_focal_length * width))
                pinhole.reset();
        }
        const double f = focal_length_px(pinhole ? std::optional(pinhole->fx_px) : std::nullopt,
                                         focal_length_guess * width, view, known);
        if (!pinhole || f != pinhole->fx_px)
            pinhole = drr::Pinhole{f, f, 0.5 * (width - 1), 0.5 * (height - 1)};
        result.pinhole = *pinhole;
    } else {
        result.undetermined = fmt::format("view {}: {}", view, shortcoming(images));
        return result;
    }
    for (Image& image : images) {
        auto& pose = result.view_from_phantom.emplace_back();
        if (image.plane) image.start = pose_of_plane(image.shape, *image.plane, result.pinhole);
        if (!image.start) continue;
        // Near is enough: the bundle finds the minimum. What a plane starts from is less near.
        const int iterations = image.plane ? 2 : 1;
        const drr::PoseFit fit =
            drr::fit_pose(image.points.points_in_phantom_mm, image.points.pixels, result.pinhole,
                          *image.start, iterations);
        if (fit.view_from_object.translation_mm.allFinite()) pose = fit.view_from_object;
    }
    return result;
}

}  // namespace stereo
