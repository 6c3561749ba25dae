#pragma once

#include <drr/core/yaml_reader.hpp>
#include <drr/phantom/marker_phantom.hpp>

#include <filesystem>
#include <string>

namespace drr {

/// Reads a phantom file, schema stereodrr/phantom/v1 (phantoms/README.md describes the keys).
/// Beads come from `lattice` (ids from 1, x fastest, then y, then z), from the list `beads`, or
/// from both. Throws Error(invalid_file) with file and line for an unknown or missing key, an id
/// given twice, a size that is not positive, or two markers that overlap; Error(io) when the file
/// cannot be read. Material names are checked where attenuation is looked up.
[[nodiscard]] MarkerPhantom read_phantom(const std::filesystem::path& path);

/// The same from text; `name` stands for the file in messages.
[[nodiscard]] MarkerPhantom parse_phantom(const std::string& text, const std::string& name);

/// The same from the mapping of a phantom within another file, where `schema` may be left out.
[[nodiscard]] MarkerPhantom read_phantom_keys(const YamlMap& map);

/// Reads the keys of one of a phantom's `bodies`, and finishes the mapping.
[[nodiscard]] SolidPart read_solid_part(const YamlMap& map);

/// The YAML text of a phantom with all beads listed, which parse_phantom reads back to the same
/// values (rotations to rounding).
[[nodiscard]] std::string phantom_yaml(const MarkerPhantom& phantom);

}  // namespace drr
