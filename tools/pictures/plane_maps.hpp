#pragma once

#include <stereo/recon/epipolar_comparison.hpp>

#include <functional>
#include <string>
#include <vector>

namespace tools {

struct MapTitle {
    std::string title;
    std::string unit;
};

/// One value for each title at a point of the world; NaN where there is none.
using MapValues = std::function<std::vector<double>(const Eigen::Vector3d&)>;

/// Maps over three planes through the middle of a volume, one row for each title with a scale of
/// its own (PNG). `remark` stands below the first title, with the middle's place. Empty where
/// nothing has a value.
[[nodiscard]] std::string plane_maps(const stereo::WorkingVolume& volume,
                                     const std::vector<MapTitle>& titles, const std::string& remark,
                                     const MapValues& values);

}  // namespace tools
