#pragma once

#include <stereo/calib/undistortion.hpp>

#include <Eigen/Core>

#include <span>
#include <string>
#include <vector>

namespace stereo {

/// A point of a regular grid: its place in the pattern, in pitches, and where it is seen.
struct GridCorrespondence {
    Eigen::Vector2d position = Eigen::Vector2d::Zero();
    Eigen::Vector2d pixel = Eigen::Vector2d::Zero();
};

/// The grid as an undistorted image shows it: pixel = origin + pitch * R(angle) * position. Scale,
/// turn and place of the undistorted image are free (they are the intrinsics of the pinhole that
/// will be calibrated); here they are those that leave the middle of the image as it is.
struct GridPlacement {
    double pitch_px = 1.0;
    double angle_rad = 0.0;  ///< of the first axis, from u towards v
    Eigen::Vector2d origin_px = Eigen::Vector2d::Zero();

    [[nodiscard]] Eigen::Vector2d undistorted_px(const Eigen::Vector2d& position) const;
};

enum class UndistortionKind { none, brown_conrady, polynomial, thin_plate, local_weighted_mean };

struct UndistortionModel {
    UndistortionKind kind = UndistortionKind::none;
    /// Radial coefficients of brown_conrady (1 to 3, beside p1 and p2), order of the polynomial (1
    /// to drr::PolynomialMap::max_order), neighbours of local_weighted_mean (7 and more; XMALab:
    /// 12).
    int order = 0;
    /// Of thin_plate, 0 and above: 0 passes through all points.
    double smoothing = 0.0;

    /// "polynomial of order 5", ...
    [[nodiscard]] std::string name() const;
};

struct UndistortionFitOptions {
    int width_px = 0;
    int height_px = 0;
    /// The placement is fitted to the points within this distance of the middle, pitches.
    double central_pitches = 3.0;
    /// The field is the hull of the grid's points grown by so many pitches.
    double margin_pitches = 0.5;

    /// Throws drr::Error(usage).
    void validate() const;
};

struct UndistortionFit {
    bool ok = false;
    UndistortionModel model;
    Undistortion undistortion;
    GridPlacement placement;
    std::vector<Eigen::Vector2d> residuals_px;  ///< seen less predicted, of each point
    std::vector<Eigen::Vector2d> left_out_px;   ///< the same, predicted from all other points
    double rms_px = 0.0;                        ///< of residuals_px, one axis
    double left_out_rms_px = 0.0;               ///< of left_out_px, one axis
    double parameters = 0.0;  ///< per axis; effective ones (trace of the hat matrix) of a spline,
                              ///< NaN where not known
    std::string summary;      ///< one line; why not, where it is not ok
};

/// Fits a model to the points of a grid image, by least squares of where points are seen, since
/// the pattern is exact and detection is not. Leave-one-out residuals are exact for models linear
/// in their parameters (from the hat matrix) and for the local weighted mean (fitted again without
/// the point); for brown_conrady they are those of the linearized fit. Not ok with too few points
/// for the model or without points about the middle. Throws drr::Error(usage) for bad options, a
/// bad model, or points that are not finite.
[[nodiscard]] UndistortionFit fit_undistortion(std::span<const GridCorrespondence> points,
                                               const UndistortionModel& model,
                                               const UndistortionFitOptions& options);

}  // namespace stereo
