#pragma once

#include "inputs/projector_choice.hpp"
#include "outputs/render_output.hpp"

#include <drr/geometry/view_files.hpp>

#include <nlohmann/json.hpp>

#include <string>

// The parts of render.json, in the units that their keys name.
namespace tools {

using json = nlohmann::ordered_json;

[[nodiscard]] json projector_json(const ProjectorChoice& choice);
/// Where the views came from and what they are: a rig, or each by its projection matrix.
[[nodiscard]] json rig_json(const std::string& path, const drr::ViewSet& set);
[[nodiscard]] json window_json(const drr::GreyWindow& window);
[[nodiscard]] json view_json(const NamedView& view, const std::vector<std::string>& files);

}  // namespace tools
