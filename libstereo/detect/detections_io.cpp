#include "csv_cells.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/detect/detections_io.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace stereo {
namespace {

constexpr const char* header =
    "image,bead,marker,x_px,y_px,radius_px,contrast,var_x_px2,cov_xy_px2,var_y_px2,flags";
constexpr std::size_t columns = 11;
constexpr std::size_t first_number = 3;
constexpr std::size_t numbers = 7;

void require_cell(const std::string& text, const std::string& what) {
    drr::require(
        text.find_first_of(",\n\r") == std::string::npos,
        fmt::format("{} in a detections file must not contain a comma, not '{}'", what, text));
}

std::uint32_t flags_of(const std::string& cell) {
    std::uint32_t flags = bead_ok;
    for (std::size_t first = 0, plus = 0; plus != std::string::npos; first = plus + 1) {
        plus = cell.find('+', first);
        const std::string name = cell.substr(first, plus - first);
        std::uint32_t found = bead_ok;
        for (std::uint32_t bit = 1; bit <= bead_saturated; bit *= 2)
            if (name == bead_flags_text(bit)) found = bit;
        if (found == bead_ok && name != bead_flags_text(bead_ok))
            throw drr::Error(drr::ErrorCode::invalid_file, fmt::format("unknown flag '{}'", name));
        flags |= found;
    }
    return flags;
}

}  // namespace

void write_detections(const std::filesystem::path& path, const ImageDetections& detections) {
    require_cell(detections.image, "an image's name");
    drr::require(detections.markers.empty() || detections.markers.size() == detections.beads.size(),
                 "a marker for each bead was expected");
    std::string text = fmt::format("{}\n", header);
    for (std::size_t i = 0; i < detections.beads.size(); ++i) {
        const BeadDetection& bead = detections.beads[i];
        const std::string marker = detections.markers.empty() ? "" : detections.markers[i];
        require_cell(marker, "a marker's name");
        text += fmt::format("{},{},{},{:.6f},{:.6f},{:.5f},{:.6f},{:.6e},{:.6e},{:.6e},{}\n",
                            detections.image, i + 1, marker, bead.center_px.x(), bead.center_px.y(),
                            bead.radius_px, bead.contrast, bead.covariance_px2(0, 0),
                            bead.covariance_px2(0, 1), bead.covariance_px2(1, 1),
                            bead_flags_text(bead.flags));
    }
    drr::write_file(path, text);
}

ImageDetections read_detections(const std::filesystem::path& path) {
    const std::vector<CsvLine> lines = csv_lines(drr::read_text_file(path));
    const std::vector<CsvLine> expected = csv_lines(header);
    ImageDetections result;
    if (lines.empty() || lines.front().cells != expected.front().cells)
        throw drr::Error(drr::ErrorCode::invalid_file,
                         fmt::format("the header '{}' was expected", header),
                         fmt::format("{}:1", path.string()));
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const auto& [number, cells] = lines[i];
        const auto fail = [&, line = number](const std::string& message) {
            throw drr::Error(drr::ErrorCode::invalid_file, message,
                             fmt::format("{}:{}", path.string(), line));
        };
        if (cells.size() != columns)
            fail(fmt::format("{} columns were expected, not {}", columns, cells.size()));
        if (result.beads.empty())
            result.image = cells[0];
        else if (cells[0] != result.image)
            fail("detections of one image were expected in one file");
        std::array<double, numbers> values{};
        for (std::size_t k = 0; k < numbers; ++k) {
            values[k] = csv_number(cells[first_number + k], path, number);
            if (!std::isfinite(values[k]))
                fail(fmt::format("'{}' is not a finite number", cells[first_number + k]));
        }
        BeadDetection bead;
        bead.center_px = {values[0], values[1]};
        bead.radius_px = values[2];
        bead.contrast = values[3];
        bead.covariance_px2 << values[4], values[5], values[5], values[6];
        // As rounded, a correlation may be 1.
        constexpr double rounding = 1.0 + 1e-5;
        if (values[4] < 0.0 || values[6] < 0.0 ||
            values[5] * values[5] > rounding * values[4] * values[6])
            fail("var_x_px2, cov_xy_px2 and var_y_px2 are no covariance");
        try {
            bead.flags = flags_of(cells.back());
        } catch (const drr::Error& error) {
            fail(error.message());
        }
        result.beads.push_back(bead);
        result.markers.push_back(cells[2]);
    }
    return result;
}

}  // namespace stereo
