#include "csv_cells.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/detect/xmalab_points.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

/// The same formula both ways.
double flipped(double row, const XmalabPixels& pixels) {
    return pixels.height_if_up_px > 0 ? pixels.height_if_up_px - 1.0 - row : row;
}

std::string column_name(const std::string& marker, int camera, char axis) {
    return fmt::format("{}_cam{}_{}", marker, camera + 1, axis);
}

/// Markers and number of cameras by the header.
TrackedPoints parse_header(const std::vector<std::string>& cells, const std::string& where) {
    const auto fail = [&](const std::string& message) -> drr::Error {
        return {drr::ErrorCode::invalid_file, message, where};
    };
    const std::string first_camera_x = "_cam1_X";
    TrackedPoints points;
    for (const std::string& cell : cells)
        if (cell.size() > first_camera_x.size() && cell.ends_with(first_camera_x))
            points.markers.push_back(cell.substr(0, cell.size() - first_camera_x.size()));
    if (points.markers.empty() || cells.size() % (2 * points.markers.size()) != 0)
        throw fail(
            "columns <marker>_cam1_X,<marker>_cam1_Y,... were expected, for all markers of "
            "as many cameras");
    points.cameras = static_cast<int>(cells.size() / (2 * points.markers.size()));
    std::size_t column = 0;
    for (const std::string& marker : points.markers)
        for (int camera = 0; camera < points.cameras; ++camera)
            for (const char axis : {'X', 'Y'}) {
                const std::string expected = column_name(marker, camera, axis);
                if (cells[column] != expected)
                    throw fail(fmt::format("column {} is '{}', expected '{}'", column + 1,
                                           cells[column], expected));
                ++column;
            }
    return points;
}

}  // namespace

void write_xmalab_points(const std::filesystem::path& path, const TrackedPoints& points,
                         const XmalabPixels& pixels) {
    drr::require(points.cameras >= 1 && !points.markers.empty(),
                 "a file of points needs markers and cameras");
    std::string text;
    for (const std::string& marker : points.markers) {
        drr::require(!marker.empty() && marker.find_first_of(",\r\n") == std::string::npos,
                     fmt::format("'{}' is no marker's name for a file of points", marker));
        for (int camera = 0; camera < points.cameras; ++camera)
            for (const char axis : {'X', 'Y'})
                text +=
                    fmt::format("{}{}", text.empty() ? "" : ",", column_name(marker, camera, axis));
    }
    text += '\n';
    for (const auto& frame : points.frames) {
        drr::require(
            frame.size() == points.markers.size() * static_cast<std::size_t>(points.cameras),
            "each frame needs a place for each marker and camera");
        for (std::size_t i = 0; i < frame.size(); ++i) {
            const char* const comma = i == 0 ? "" : ",";
            if (frame[i])
                text += fmt::format("{}{:.6f},{:.6f}", comma, frame[i]->x() + pixels.origin,
                                    flipped(frame[i]->y(), pixels) + pixels.origin);
            else
                text += fmt::format("{}NaN,NaN", comma);
        }
        text += '\n';
    }
    drr::write_file(path, text);
}

TrackedPoints read_xmalab_points(const std::filesystem::path& path, const XmalabPixels& pixels) {
    const std::vector<CsvLine> lines = csv_lines(drr::read_text_file(path));
    if (lines.empty())
        throw drr::Error(drr::ErrorCode::invalid_file, "the file is empty", path.string());
    const auto where = [&](const CsvLine& line) {
        return fmt::format("{}:{}", path.string(), line.number);
    };
    TrackedPoints points = parse_header(lines.front().cells, where(lines.front()));
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const CsvLine& line = lines[i];
        if (line.cells.size() != lines.front().cells.size())
            throw drr::Error(drr::ErrorCode::invalid_file,
                             fmt::format("{} cells were expected, found {}",
                                         lines.front().cells.size(), line.cells.size()),
                             where(line));
        auto& frame = points.frames.emplace_back();
        for (std::size_t k = 0; k < line.cells.size(); k += 2) {
            const double x = csv_number(line.cells[k], path, line.number);
            const double y = csv_number(line.cells[k + 1], path, line.number);
            if (std::isnan(x) != std::isnan(y) || std::isinf(x) || std::isinf(y))
                throw drr::Error(drr::ErrorCode::invalid_file,
                                 "both coordinates of a point must be finite, or NaN", where(line));
            if (std::isnan(x))
                frame.emplace_back();
            else
                frame.emplace_back(
                    Eigen::Vector2d(x - pixels.origin, flipped(y - pixels.origin, pixels)));
        }
    }
    return points;
}

}  // namespace stereo
