#pragma once

#include <stereo/calib/calibration.hpp>
#include <stereo/calib/calibration_io.hpp>
#include <stereo/recon/measured_pixel.hpp>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tools {

/// Reads the columns x_px and y_px, and where they are given sd_x_px and sd_y_px or var_x_px2,
/// cov_xy_px2 and var_y_px2, of a CSV file by their names in its header: a table of one's own, or
/// the beads of one image as `stereodrr detect` writes them. Throws
/// drr::Error(invalid_file) with file and line.
struct PointTable {
    std::vector<stereo::MeasuredPixel> pixels;
    bool has_sd = false;  ///< else covariances are 1 px^2
};
[[nodiscard]] PointTable read_point_table(const std::filesystem::path& path);

/// Reads the columns x_mm, y_mm and z_mm in the same way.
[[nodiscard]] std::vector<Eigen::Vector3d> read_positions(const std::filesystem::path& path);

/// Two calibrated views from MayaCam 2.0 files (two paths) or from a calibration.json, rig or views
/// file (one path, its first two views). Throws drr::Error.
[[nodiscard]] std::array<stereo::ViewCalibration, 2> read_two_views(
    const std::vector<std::string>& paths);

/// The calibration with its covariance, where the one file is a calibration.json that holds it.
[[nodiscard]] std::optional<stereo::Calibration> read_covariance(
    const std::vector<std::string>& paths);

/// A pixel as the pinhole of the calibration would have imaged it, `offset_px` added first. One
/// that no undistorted pixel maps to goes far away, where nothing matches.
[[nodiscard]] Eigen::Vector2d undistorted(const Eigen::Vector2d& pixel,
                                          const stereo::ViewCalibration& calibration,
                                          double offset_px);

}  // namespace tools
