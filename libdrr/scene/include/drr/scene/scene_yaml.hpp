#pragma once

#include <drr/scene/scene.hpp>

#include <filesystem>
#include <string>

namespace drr {

/// Reads a scene file, schema stereodrr/scene/v1 (docs/scenes.md describes the keys), with the
/// phantoms and CT volumes that it names, by paths relative to the file. Throws Error(invalid_file)
/// with file and line for what the schema does not allow, Error(io) for a file that is not there
/// (named with the line that asks for it), and what read_phantom and read_ct throw.
[[nodiscard]] Scene read_scene(const std::filesystem::path& path);

/// The same from text; `name` stands for the file in messages, and paths are relative to `folder`.
[[nodiscard]] Scene parse_scene(const std::string& text, const std::string& name,
                                const std::filesystem::path& folder);

}  // namespace drr
