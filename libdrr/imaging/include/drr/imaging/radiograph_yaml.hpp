#pragma once

#include <drr/core/yaml_reader.hpp>
#include <drr/imaging/radiograph.hpp>

#include <string>

namespace drr {

/// Reads the keys of docs/radiographs.md from a mapping, in which the caller may have keys of its
/// own: it calls finish(). Throws Error(invalid_file) with file and line.
[[nodiscard]] RadiographOptions read_radiograph_options(const YamlMap& map);

/// Those keys as YAML, each line indented by that many spaces; read_radiograph_options() reads
/// them back to the same values. Throws Error(unsupported) for a material that is not known by
/// name, which YAML cannot name.
[[nodiscard]] std::string radiograph_yaml(const RadiographOptions& options, int indent = 0);

}  // namespace drr
