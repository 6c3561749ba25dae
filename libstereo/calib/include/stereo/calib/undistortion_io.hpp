#pragma once

#include <stereo/calib/undistortion.hpp>

#include <filesystem>
#include <string>

namespace stereo {

/// Reads an undistortion, schema stereodrr/undistortion/v1 (docs/conventions.md). Throws
/// drr::Error(invalid_file) with file and line, drr::Error(io).
[[nodiscard]] Undistortion read_undistortion(const std::filesystem::path& path);

/// The same from text; `name` stands for the file in messages.
[[nodiscard]] Undistortion parse_undistortion(const std::string& text, const std::string& name);

/// The text of such a file, which parse_undistortion reads back to the same values. Throws
/// drr::Error(usage) for a table: write_lut() has a file for those.
[[nodiscard]] std::string undistortion_yaml(const Undistortion& undistortion);

/// Reads XMALab's table (`_LUT.csv`): as many lines of comma-separated columns as the image has
/// rows, then as many again. Number (u, v) of the first half is the column, of the second the row,
/// at which the undistorted pixel (u, v) is seen, as cv::remap takes it: pixel (0, 0) is the centre
/// of the first, as ours is. Negative numbers: seen nowhere. Throws drr::Error(invalid_file) with
/// file and line for another layout or a number that is none, drr::Error(io).
[[nodiscard]] Undistortion read_lut(const std::filesystem::path& path);

/// Writes that table, with four decimals (atomically): half a ten thousandth of a pixel is lost.
/// Throws drr::Error(io).
void write_lut(const std::filesystem::path& path, const Undistortion& undistortion);

}  // namespace stereo
