#pragma once

#include <drr/core/yaml_reader.hpp>

#include <Eigen/Core>

#include <string>

namespace drr {

// Values that phantom files have in several places.

[[nodiscard]] Eigen::Vector3d vector3(const YamlMap& map, const std::string& key, Range range = {});
[[nodiscard]] Eigen::Vector3d vector3_or_zero(const YamlMap& map, const std::string& key);

[[nodiscard]] std::string quoted(const std::string& text);
[[nodiscard]] std::string list(const Eigen::Vector3d& v);

}  // namespace drr
