#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace drr {

/// The whole content of a file. Throws Error(io) when it cannot be read, Error(invalid_file) when
/// it is larger than `max_bytes`.
[[nodiscard]] std::string read_text_file(const std::filesystem::path& path,
                                         std::size_t max_bytes = std::size_t{64} << 20);

/// Writes `content` under a temporary name beside `path` and renames it, so that `path` holds
/// either its old content or all of the new one. Throws Error(io).
void write_file(const std::filesystem::path& path, std::string_view content);

/// The same for writers that take a path themselves: `write` gets a temporary path with the same
/// extension as `path` in the same folder.
void write_file_with(const std::filesystem::path& path,
                     const std::function<void(const std::filesystem::path& temporary)>& write);

/// Makes the folder and its parents. Throws Error(io) when that fails or a file is in the way.
void make_folder(const std::filesystem::path& path);

}  // namespace drr
