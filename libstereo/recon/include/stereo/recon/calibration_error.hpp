#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/recon/measured_pixel.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <array>
#include <functional>
#include <span>
#include <vector>

namespace stereo {

/// The pixels of one point in two views.
using PixelPair = std::array<MeasuredPixel, 2>;

/// What a calibration says of its own errors: how the pixels of a point of the world (u, v of the
/// first view, then of the second; a column a parameter) move with its parameters, and their
/// covariance. Without parameters it says nothing.
struct CalibrationClaim {
    std::function<Eigen::MatrixXd(const Eigen::Vector3d& point_in_world_mm)> derivatives;
    Eigen::MatrixXd covariance;
};

/// What epipolar distances show beside the calibration's claim and the detections' covariances.
struct UnclaimedError {
    /// Smooth over each image: standard deviation of one pixel coordinate in each view, and the
    /// distance over which it stays alike: the correlation is exp(-r^2 / (2 length^2)).
    double field_sd_px = 0.0;
    double field_length_px = 0.0;
    /// Of each detection on its own.
    double local_sd_px = 0.0;
    /// The detections' standard deviations are wrong by this factor.
    double detection_factor = 1.0;
};

struct CalibrationErrorOptions {
    CalibrationClaim claim;
    /// So many matches, evenly drawn, are taken; work grows with the third power.
    std::size_t max_pairs = 200;

    /// Throws drr::Error(usage).
    void validate() const;
};

/// Where two calibrated views show points beside where they are, in pixels: the one model of
/// calibration errors, of triangulation and of tracking.
///
/// A normal distribution over functions of place (a Gaussian process; Rasmussen & Williams 2006,
/// chapters 2 and 5). Before any match is seen its covariance is that of the claim, J Sigma J^T,
/// plus a field of each view that is smooth over the image, and an error of each detection on its
/// own; their sizes are those of maximum likelihood given the epipolar distances of matches, with
/// a wide prior of the field's length. Then the field and the parameters are conditioned on these
/// distances: neighbours that miss their lines by the same share one error, instead of being pulled
/// to where each is least certain.
///
/// Epipolar distances see one of four coordinates. Which of the views is wrong they do not tell:
/// fields are equally large in both. What lies along the lines keeps its covariance.
class CalibrationError {
  public:
    /// No error at all.
    CalibrationError() = default;

    /// From matches of the two views: true ones, apart from few. Throws drr::Error(usage).
    CalibrationError(const std::array<drr::CalibratedView, 2>& views,
                     std::span<const PixelPair> pairs, const CalibrationErrorOptions& options = {});

    /// What of the error is the same for all that is seen at a place: expected value, seen minus
    /// right (u, v of the first view, then of the second), px.
    [[nodiscard]] Eigen::Vector4d mean_px(const Eigen::Vector3d& point_in_world_mm) const;

    /// Covariance of the same, px^2.
    [[nodiscard]] Eigen::Matrix4d covariance_px2(const Eigen::Vector3d& point_in_world_mm) const;
    /// The same of all points together, four rows a point.
    [[nodiscard]] Eigen::MatrixXd covariance_px2(
        std::span<const Eigen::Vector3d> points_in_world_mm) const;

    /// The pixel without the expected error, with the local error in its covariance: independent
    /// of all other pixels but for covariance_px2().
    [[nodiscard]] MeasuredPixel corrected(const MeasuredPixel& pixel, std::size_t view,
                                          const Eigen::Vector3d& point_in_world_mm) const;
    [[nodiscard]] PixelPair corrected(const PixelPair& pair,
                                      const Eigen::Vector3d& point_in_world_mm) const;

    [[nodiscard]] const UnclaimedError& unclaimed() const { return unclaimed_; }

    /// Root mean square over the matches of what a coordinate is off by, claimed or not, before
    /// the matches are known: what has to be added to detections in decisions. px.
    [[nodiscard]] double total_sd_px() const { return total_sd_px_; }

  private:
    struct Place {
        std::array<Eigen::Vector2d, 2> pixel;
        Eigen::MatrixXd by_parameters;
    };

    [[nodiscard]] Place place_of(const Eigen::Vector3d& point_in_world_mm) const;
    [[nodiscard]] Eigen::Matrix4d prior_px2(const Place& a, const Place& b) const;
    [[nodiscard]] Eigen::MatrixX4d with_distances(const Place& place) const;

    std::array<drr::CalibratedView, 2> views_;
    CalibrationClaim claim_;
    UnclaimedError unclaimed_;
    double total_sd_px_ = 0.0;
    std::vector<Place> places_;
    std::vector<Eigen::Vector4d> across_;  ///< unit vectors: which errors a distance shows
    // Of nothing: Eigen leaves a default one's state unset, and a copy would read it.
    Eigen::LLT<Eigen::MatrixXd> covariance_{Eigen::MatrixXd(0, 0)};
    Eigen::VectorXd weighed_;  ///< the distances by the inverse of their covariance
};

}  // namespace stereo
