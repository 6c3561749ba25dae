#pragma once

#include "tool_folder.hpp"

#include <drr/core/file_io.hpp>
#include <drr/geometry/rigid3.hpp>

#include <nlohmann/json.hpp>

#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace track_command {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t sync_frames = 5;

using Run = test::ToolRun;

/// Comma-separated cells, line by line.
inline std::vector<std::vector<std::string>> cells_of(const fs::path& file) {
    std::vector<std::vector<std::string>> rows;
    std::istringstream lines(drr::read_text_file(file));
    for (std::string line; std::getline(lines, line);) {
        rows.emplace_back();
        std::istringstream row(line);
        for (std::string cell; std::getline(row, cell, ',');)
            rows.back().push_back(cell);
    }
    return rows;
}

inline drr::Rigid3 motion(const Json& rows) {
    Eigen::Matrix3d rotation;
    Eigen::Vector3d shift;
    for (int r = 0; r < 3; ++r) {
        for (int c = 0; c < 3; ++c)
            rotation(r, c) = rows.at(static_cast<std::size_t>(r)).at(static_cast<std::size_t>(c));
        shift[r] = rows.at(static_cast<std::size_t>(r)).at(3);
    }
    return {rotation, shift};
}

/// A marker as markers.csv has it.
struct TrueMarker {
    std::string name;
    Eigen::Vector3d point_mm;
    Eigen::Vector2d pixel;
};

/// The shipped scene, whose second camera is 2 ms late, and its first frames with both at once.
class Laboratory : public test::ToolFolder {
  public:
    Laboratory() {
        const fs::path examples = test::phantoms().parent_path() / "examples";
        std::string scene = drr::read_text_file(examples / "scenes/two_bones.yaml");
        scene = std::regex_replace(scene, std::regex("\\.\\./\\.\\./phantoms"),
                                   test::phantoms().string());
        drr::write_file(path() / "late.yaml", scene);
        scene = std::regex_replace(scene, std::regex("0, 0\\.002"), "0, 0");
        scene = std::regex_replace(scene, std::regex("frames: 10"),
                                   "frames: " + std::to_string(sync_frames));
        drr::write_file(path() / "sync.yaml", scene);
        drr::write_file(path() / "rig.yaml", drr::read_text_file(examples / "rigs/biplane.yaml"));
        // The shipped imaging without its focal spot, which would take two thirds of the time.
        drr::write_file(
            path() / "imaging.yaml",
            std::regex_replace(drr::read_text_file(examples / "imaging/fluoroscope.yaml"),
                               std::regex("focal_spot[^\n]*\n"), ""));
        for (const std::string name : {"late", "sync"}) {
            succeed("scene " + name + ".yaml --rig rig.yaml --imaging imaging.yaml --seed 1 " +
                    "--line-integrals none -o " + name);
            succeed("detect " + name + "/*.png --diameter-px 6 --no-overlay -o " + name + "/beads");
            succeed(track(name) + " -o " + name + "/tracks");
        }
    }

    [[nodiscard]] static std::string track(const std::string& name) {
        return "track --calibration rig.yaml --points1 " + name + "/beads/view0*.csv --points2 " +
               name + "/beads/view1*.csv";
    }

    [[nodiscard]] Json tracks(const std::string& name) const {
        return Json::parse(drr::read_text_file(path() / name / "tracks/tracks.json"));
    }

    /// The markers of a frame and view.
    [[nodiscard]] std::vector<TrueMarker> markers(const std::string& name, std::size_t frame,
                                                  std::size_t view) const {
        std::vector<TrueMarker> result;
        for (const auto& row : cells_of(path() / name / "markers.csv")) {
            if (row[0] != std::to_string(frame) || row[1] != std::to_string(view)) continue;
            result.push_back({row[4],
                              {std::stod(row[5]), std::stod(row[6]), std::stod(row[7])},
                              {std::stod(row[8]), std::stod(row[9])}});
        }
        return result;
    }
};

inline const Laboratory& laboratory() {
    static const Laboratory here;
    return here;
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace track_command
