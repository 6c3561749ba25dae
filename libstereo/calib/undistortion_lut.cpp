#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/calib/undistortion_io.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <string_view>
#include <vector>

namespace stereo {
namespace {

// A table of 4096 x 4096 pixels with all digits of a double.
constexpr std::size_t most_bytes = std::size_t{1} << 30;

/// The numbers of a line; commas, and blanks or a comma at its end, do not matter.
void append_numbers(std::string_view line, std::vector<float>& numbers, const std::string& where) {
    const auto fail = [&](std::string_view word) {
        throw drr::Error(drr::ErrorCode::invalid_file,
                         fmt::format("'{}' is not a finite number", word), where);
    };
    while (!line.empty()) {
        const std::size_t comma = std::min(line.find(','), line.size());
        std::string_view word = line.substr(0, comma);
        const std::size_t first = std::min(word.find_first_not_of(" \t\r"), word.size());
        const std::size_t last = word.find_last_not_of(" \t\r");
        word = first == word.size() ? std::string_view{} : word.substr(first, last - first + 1);
        const bool at_end = comma == line.size();
        if (word.empty()) {
            if (at_end) return;
            fail(word);
        }
        double value = 0.0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (error != std::errc{} || end != word.data() + word.size() || !std::isfinite(value))
            fail(word);
        numbers.push_back(static_cast<float>(value));
        line.remove_prefix(at_end ? comma : comma + 1);
    }
}

}  // namespace

Undistortion read_lut(const std::filesystem::path& path) {
    const std::string text = drr::read_text_file(path, most_bytes);
    std::vector<float> numbers;
    std::size_t width = 0;
    std::size_t rows = 0;
    int number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string where = fmt::format("{}:{}", path.string(), ++number);
        const std::size_t before = numbers.size();
        append_numbers(std::string_view(text).substr(at, end - at), numbers, where);
        at = end + 1;
        const std::size_t found = numbers.size() - before;
        if (found == 0) continue;
        if (width == 0) width = found;
        if (found != width)
            throw drr::Error(drr::ErrorCode::invalid_file,
                             fmt::format("{} columns were expected, not {}", width, found), where);
        ++rows;
    }
    if (rows < 4 || rows % 2 != 0 || width < 2)
        throw drr::Error(
            drr::ErrorCode::invalid_file,
            fmt::format("the rows of two tables of one size were expected, not {} rows of "
                        "{} columns",
                        rows, width),
            path.string());
    Undistortion result;
    result.width_px = static_cast<int>(width);
    result.height_px = static_cast<int>(rows / 2);
    LookupMap table{drr::Image<float>(result.width_px, result.height_px),
                    drr::Image<float>(result.width_px, result.height_px)};
    const auto half = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
    std::copy(numbers.begin(), half, table.u_px.pixels().begin());
    std::copy(half, numbers.end(), table.v_px.pixels().begin());
    result.map = std::move(table);
    return result;
}

void write_lut(const std::filesystem::path& path, const Undistortion& undistortion) {
    const LookupMap table = lookup_map(undistortion);
    std::string text;
    for (const drr::Image<float>* image : {&table.u_px, &table.v_px})
        for (int v = 0; v < image->height(); ++v)
            for (int u = 0; u < image->width(); ++u)
                fmt::format_to(std::back_inserter(text), "{:.4f}{}", (*image)(u, v),
                               u + 1 == image->width() ? '\n' : ',');
    drr::write_file(path, text);
}

}  // namespace stereo
