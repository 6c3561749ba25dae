#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tools {

/// Whether a comes before b when runs of digits count as numbers: frame9 before frame10.
[[nodiscard]] bool naturally_before(const std::string& a, const std::string& b);

/// The images that command-line arguments name: files as they are given; of a folder all pictures
/// by their extension (PNG, TIFF, BMP, PGM, JPEG), and of a pattern with * or ? in its file name
/// all that match, each sorted naturally. Throws drr::Error(io) for a folder or pattern without
/// any.
[[nodiscard]] std::vector<std::filesystem::path> list_images(
    const std::vector<std::string>& arguments);

}  // namespace tools
