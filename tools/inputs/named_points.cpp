#include "inputs/named_points.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/calib/observations_io.hpp>
#include <stereo/detect/xmalab_points.hpp>

#include <map>

namespace tools {
namespace {

NamedPoints of_xmalab(const std::filesystem::path& path) {
    const stereo::TrackedPoints tracked = stereo::read_xmalab_points(path);
    const auto cameras = static_cast<std::size_t>(tracked.cameras);
    if (cameras < 2)
        throw drr::Error(drr::ErrorCode::invalid_file, "points of two cameras were expected",
                         path.string());
    NamedPoints points;
    for (const auto& cells : tracked.frames) {
        NamedFrame& frame = points.frames.emplace_back();
        for (std::size_t m = 0; m < tracked.markers.size(); ++m) {
            if (!cells[m * cameras] || !cells[m * cameras + 1]) continue;
            frame.names.push_back(tracked.markers[m]);
            for (std::size_t v = 0; v < 2; ++v)
                frame.pixels[v].push_back({*cells[m * cameras + v]});
        }
    }
    return points;
}

NamedPoints of_observations(const std::filesystem::path& path) {
    const stereo::NamedObservations named = stereo::read_observations(path);
    using Pair = std::array<const stereo::Observation*, 2>;
    std::vector<std::map<int, Pair>> pairs(static_cast<std::size_t>(named.observations.pose_count));
    for (const auto& item : named.observations.items)
        if (item.view < 2)
            pairs[static_cast<std::size_t>(item.pose)][item.marker]
                 [static_cast<std::size_t>(item.view)] = &item;
    NamedPoints points;
    points.has_sd = true;
    for (const auto& pose : pairs) {
        NamedFrame& frame = points.frames.emplace_back();
        for (const auto& [marker, pair] : pose) {
            if (pair[0] == nullptr || pair[1] == nullptr) continue;
            frame.names.push_back(named.names[static_cast<std::size_t>(marker)]);
            for (std::size_t v = 0; v < 2; ++v)
                frame.pixels[v].push_back({pair[v]->pixel, pair[v]->sd_px * pair[v]->sd_px *
                                                               Eigen::Matrix2d::Identity()});
        }
    }
    return points;
}

}  // namespace

NamedPoints read_named_points(const std::filesystem::path& path) {
    const std::string text = drr::read_text_file(path);
    const std::string header = text.substr(0, text.find('\n'));
    return header.find("_cam1_X") != std::string::npos ? of_xmalab(path) : of_observations(path);
}

}  // namespace tools
