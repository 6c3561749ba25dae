#include "inputs/point_table.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/geometry/view_files.hpp>
#include <stereo/calib/calibration_json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace tools {
namespace {

std::vector<std::string> cells_of(std::string line) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');)
        cells.push_back(cell);
    if (!line.empty() && line.back() == ',') cells.emplace_back();
    return cells;
}

// A table with a header, its cells by column name.
class Columns {
  public:
    explicit Columns(const std::filesystem::path& path) : path_(path) {
        std::istringstream text(drr::read_text_file(path));
        std::string line;
        if (!std::getline(text, line)) fail("the file is empty", 1);
        header_ = cells_of(line);
        for (int number = 2; std::getline(text, line); ++number) {
            std::vector<std::string> cells = cells_of(line);
            if (cells.empty()) continue;
            if (cells.size() != header_.size())
                fail(fmt::format("{} columns were expected, not {}", header_.size(), cells.size()),
                     number);
            rows_.push_back({number, std::move(cells)});
        }
    }

    [[nodiscard]] bool has(const std::string& name) const {
        return std::find(header_.begin(), header_.end(), name) != header_.end();
    }
    [[nodiscard]] std::size_t rows() const { return rows_.size(); }
    [[nodiscard]] double number(std::size_t row, const std::string& name) const {
        const auto at = std::find(header_.begin(), header_.end(), name);
        if (at == header_.end()) fail(fmt::format("a column '{}' was expected", name), 1);
        const std::string& cell = rows_[row].cells[static_cast<std::size_t>(at - header_.begin())];
        char* end = nullptr;
        const double value = std::strtod(cell.c_str(), &end);
        if (cell.empty() || *end != '\0' || !std::isfinite(value))
            fail(fmt::format("'{}' is not a finite number", cell), rows_[row].line);
        return value;
    }
    [[noreturn]] void fail(const std::string& message, int line) const {
        throw drr::Error(drr::ErrorCode::invalid_file, message,
                         fmt::format("{}:{}", path_.string(), line));
    }
    [[nodiscard]] int line(std::size_t row) const { return rows_[row].line; }

  private:
    struct Row {
        int line;
        std::vector<std::string> cells;
    };
    std::filesystem::path path_;
    std::vector<std::string> header_;
    std::vector<Row> rows_;
};

}  // namespace

PointTable read_point_table(const std::filesystem::path& path) {
    const Columns columns(path);
    if (!columns.has("x_px") || !columns.has("y_px"))
        columns.fail("a header with the columns x_px and y_px was expected", 1);
    PointTable table;
    const bool has_sd = columns.has("sd_x_px") && columns.has("sd_y_px");
    const bool has_covariance =
        columns.has("var_x_px2") && columns.has("cov_xy_px2") && columns.has("var_y_px2");
    table.has_sd = has_sd || has_covariance;
    for (std::size_t row = 0; row < columns.rows(); ++row) {
        stereo::MeasuredPixel pixel;
        pixel.pixel = {columns.number(row, "x_px"), columns.number(row, "y_px")};
        if (has_sd) {
            const Eigen::Vector2d sd(columns.number(row, "sd_x_px"),
                                     columns.number(row, "sd_y_px"));
            if (!(sd.minCoeff() > 0.0))
                columns.fail("a standard deviation must be above 0", columns.line(row));
            pixel.covariance_px2 = sd.cwiseAbs2().asDiagonal();
        } else if (has_covariance) {
            const double xy = columns.number(row, "cov_xy_px2");
            pixel.covariance_px2 << columns.number(row, "var_x_px2"), xy, xy,
                columns.number(row, "var_y_px2");
            if (!(pixel.covariance_px2(0, 0) > 0.0 && pixel.covariance_px2.determinant() > 0.0))
                columns.fail("a covariance must be positive", columns.line(row));
        }
        table.pixels.push_back(pixel);
    }
    return table;
}

std::vector<Eigen::Vector3d> read_positions(const std::filesystem::path& path) {
    const Columns columns(path);
    std::vector<Eigen::Vector3d> positions;
    for (std::size_t row = 0; row < columns.rows(); ++row)
        positions.emplace_back(columns.number(row, "x_mm"), columns.number(row, "y_mm"),
                               columns.number(row, "z_mm"));
    return positions;
}

std::array<stereo::ViewCalibration, 2> read_two_views(const std::vector<std::string>& paths) {
    drr::require(paths.size() == 1 || paths.size() == 2,
                 "a calibration is two MayaCam files, or one file of views");
    if (paths.size() == 2)
        return {stereo::read_mayacam2(paths[0]), stereo::read_mayacam2(paths[1])};
    if (std::filesystem::path(paths[0]).extension() == ".json") {
        const stereo::Calibration calibration = stereo::read_calibration(paths[0]);
        if (calibration.views.size() < 2)
            throw drr::Error(drr::ErrorCode::invalid_file, "two views were expected", paths[0]);
        return {stereo::ViewCalibration{calibration.views[0], {}},
                stereo::ViewCalibration{calibration.views[1], {}}};
    }
    const drr::ViewSet set = drr::read_views(paths[0]);
    if (set.views.size() < 2)
        throw drr::Error(drr::ErrorCode::invalid_file, "two views were expected", paths[0]);
    std::array<stereo::ViewCalibration, 2> result;
    for (std::size_t v = 0; v < 2; ++v)
        result[v].view = set.views[v].calibrated();
    return result;
}

std::optional<stereo::Calibration> read_covariance(const std::vector<std::string>& paths) {
    if (paths.size() != 1 || std::filesystem::path(paths[0]).extension() != ".json")
        return std::nullopt;
    stereo::Calibration calibration = stereo::read_calibration(paths[0]);
    if (calibration.covariance.size() == 0) return std::nullopt;
    return calibration;
}

Eigen::Vector2d undistorted(const Eigen::Vector2d& pixel,
                            const stereo::ViewCalibration& calibration, double offset_px) {
    const Eigen::Vector2d moved = pixel.array() + offset_px;
    if (!calibration.distortion) return moved;
    return drr::undistort_pixel(calibration.view.pinhole, *calibration.distortion, moved)
        .value_or(Eigen::Vector2d::Constant(-1e6));
}

}  // namespace tools
