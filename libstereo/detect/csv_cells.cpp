#include "csv_cells.hpp"

#include <drr/core/error.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <sstream>

namespace stereo {
namespace {

std::string trimmed(const std::string& text) {
    constexpr const char* blank = " \t\r";
    const std::size_t first = text.find_first_not_of(blank);
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

}  // namespace

std::vector<CsvLine> csv_lines(const std::string& text) {
    std::vector<CsvLine> lines;
    std::istringstream stream(text);
    int number = 0;
    for (std::string line; std::getline(stream, line);) {
        ++number;
        if (trimmed(line).empty()) continue;
        CsvLine cut{number, {}};
        std::size_t first = 0;
        for (std::size_t comma = 0; comma != std::string::npos; first = comma + 1) {
            comma = line.find(',', first);
            cut.cells.push_back(trimmed(line.substr(first, comma - first)));
        }
        lines.push_back(std::move(cut));
    }
    return lines;
}

double csv_number(const std::string& cell, const std::filesystem::path& path, int line) {
    char* end = nullptr;
    const double value = std::strtod(cell.c_str(), &end);
    if (cell.empty() || *end != '\0')
        throw drr::Error(drr::ErrorCode::invalid_file, fmt::format("'{}' is not a number", cell),
                         fmt::format("{}:{}", path.string(), line));
    return value;
}

}  // namespace stereo
