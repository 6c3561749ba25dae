#pragma once

#include <filesystem>
#include <vector>

namespace drr {

/// Whether a file begins as a TIFF does; no where it cannot be read.
[[nodiscard]] bool is_tiff(const std::filesystem::path& path);

/// The directories of a TIFF that are images in their own right: reduced copies and masks of others
/// are left out. One that the file refers to but does not hold, where it was cut, is among them.
/// None where the first cannot be read.
[[nodiscard]] std::vector<int> tiff_pages(const std::filesystem::path& path);

/// How many images ImageJ wrote behind each other under the one directory of a TIFF (its way beyond
/// 4 GB); 0 for other files.
[[nodiscard]] int imagej_images_without_directory(const std::filesystem::path& path);

}  // namespace drr
