#pragma once

#include <stereo/calib/calibration.hpp>
#include <stereo/calib/calibration_io.hpp>
#include <stereo/recon/epipolar_comparison.hpp>
#include <stereo/recon/fundamental_model.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace tools {

/// What `stereodrr epipolar` knows: first its input, then what analyse() adds.
struct EpipolarReport {
    std::vector<std::string> points;
    std::vector<std::string> calibration_files;
    std::string cost;
    stereo::FundamentalOptions options;
    std::optional<std::array<stereo::ViewCalibration, 2>> calibration;
    /// The same with its covariance, where the file holds one.
    std::optional<stereo::Calibration> with_covariance;
    bool sd_given = false;  ///< else all pixels are taken to be as good as each other
    std::vector<stereo::MeasuredPixel> a;
    std::vector<stereo::MeasuredPixel> b;
    /// Of each match: "rows 3 and 7" of the input, from 1, or "frame 2, bead 17".
    std::vector<std::string> names;
    std::optional<stereo::WorkingVolume> volume;

    stereo::FundamentalEstimate of_matches;
    stereo::FundamentalModelChoice model;  ///< of the inliers
    std::array<stereo::Epipole, 2> epipoles;
    std::array<Eigen::Vector2d, 2> middle_px;  ///< of the inliers: what epipoles are seen from
    /// Standard deviation of the epipolar line at each inlier, px.
    stereo::EpipolarStatistics line_sd;
    std::optional<Eigen::Matrix3d> calibrated;
    stereo::EpipolarStatistics calibrated_symmetric;
    stereo::EpipolarStatistics calibrated_sampson;
    /// Standard deviation of the calibration's epipolar line at each match, px.
    std::optional<stereo::EpipolarStatistics> calibrated_line_sd;
    /// Lines of the fitted matrix beside the calibration's, over the working volume.
    std::optional<stereo::EpipolarStatistics> difference;
};

void analyse(EpipolarReport& report);

[[nodiscard]] std::string text_of(const EpipolarReport& report);
[[nodiscard]] nlohmann::ordered_json json_of(const EpipolarReport& report);
/// One line a match: name, pixels, distances, whether it is an inlier and above 1 px.
[[nodiscard]] std::string pairs_csv(const EpipolarReport& report);

}  // namespace tools
