#pragma once

#include "test.hpp"

#include <drr/imaging/image_io.hpp>
#include <stereo/calib/calibration_io.hpp>
#include <stereo/detect/bead_detector.hpp>
#include <stereo/track/track_beads.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace wrist {

inline const std::array<std::string, 2> poses = {"0002", "0158"};
/// This calibration's pixels count from the corner of the first pixel (docs/detection.md).
constexpr double pixel_offset_px = 0.5;

/// A bead in both poses and views by the plain detector, with the offset.
struct Bead {
    std::string name;                                     ///< cluster and number
    std::array<std::array<Eigen::Vector2d, 2>, 2> pixel;  ///< [pose][view]
};

inline std::filesystem::path folder() {
    return test::realdata() / "biplane/wrist";
}

inline std::vector<Bead> reference_beads() {
    std::vector<Bead> beads;
    std::ifstream stream(folder() / "beads-reference.csv");
    std::string line;
    std::getline(stream, line);
    while (std::getline(stream, line)) {
        std::istringstream words(line);
        std::vector<std::string> w;
        for (std::string word; std::getline(words, word, ',');)
            w.push_back(word);
        const std::string name = w[1] + w[2];
        auto bead = std::find_if(beads.begin(), beads.end(),
                                 [&](const Bead& other) { return other.name == name; });
        if (bead == beads.end()) bead = beads.insert(beads.end(), Bead{name, {}});
        const std::size_t pose = w[0] == poses[0] ? 0 : 1;
        for (std::size_t view = 0; view < 2; ++view)
            bead->pixel[pose][view] =
                Eigen::Vector2d(std::stod(w[3 + 2 * view]), std::stod(w[4 + 2 * view])).array() +
                pixel_offset_px;
    }
    return beads;
}

inline std::array<drr::CalibratedView, 2> views() {
    std::array<drr::CalibratedView, 2> result;
    for (std::size_t view = 0; view < 2; ++view)
        result[view] = stereo::read_mayacam2(
                           folder() / ("xr_calib_wrist_cam0" + std::to_string(view + 1) + ".txt"))
                           .view;
    return result;
}

/// The radiograph of a pose by a camera, greys as read.
inline drr::Image<float> radiograph(const std::string& pose, std::size_t view) {
    return drr::read_grey_image(
               folder() / ("xr_rad_uln_cam0" + std::to_string(view + 1) + "_UND." + pose + ".tif"))
        .pixels;
}

/// What the detector finds in the four images: one frame a pose.
inline std::vector<stereo::FrameDetections> detections() {
    std::vector<stereo::FrameDetections> frames;
    for (const std::string& pose : poses) {
        frames.emplace_back();
        for (std::size_t view = 0; view < 2; ++view) {
            for (const stereo::BeadDetection& bead :
                 stereo::detect_beads(radiograph(pose, view), {.diameter_px = 7.0}).beads)
                frames.back()[view].push_back(
                    {bead.center_px.array() + pixel_offset_px, bead.covariance_px2});
        }
    }
    return frames;
}

}  // namespace wrist
