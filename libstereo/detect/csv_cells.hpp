#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace stereo {

/// A line of a comma-separated file.
struct CsvLine {
    int number = 0;  ///< from 1, for messages
    std::vector<std::string> cells;
};

/// The lines of a text that are not empty, cut at commas; spaces and tabs at the cells' ends are
/// dropped, line ends may be CR LF.
[[nodiscard]] std::vector<CsvLine> csv_lines(const std::string& text);

/// The cell as a number, NaN if it says so. Throws drr::Error(invalid_file) with path:line.
[[nodiscard]] double csv_number(const std::string& cell, const std::filesystem::path& path,
                                int line);

}  // namespace stereo
