#include "numbers_text.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/geometry/rtk_geometry.hpp>
#include <drr/geometry/view_files.hpp>

#include <fmt/format.h>

namespace drr {
namespace {

Matrix34d matrix_of(std::span<const double> row_major) {
    return Eigen::Map<const Eigen::Matrix<double, 3, 4, Eigen::RowMajor>>(row_major.data());
}

Detector read_detector(const YamlMap& map) {
    Detector detector;
    detector.width_px = map.integer("width_px", {1.0, 16384.0});
    detector.height_px = map.integer("height_px", {1.0, 16384.0});
    if (map.is_list("pixel_pitch_mm")) {
        const auto pitch = map.numbers("pixel_pitch_mm", 2, positive);
        detector.pixel_pitch_mm = pitch[0];
        detector.row_pitch_mm = pitch[1];
    } else {
        detector.pixel_pitch_mm = map.number("pixel_pitch_mm", positive);
    }
    map.finish();
    return detector;
}

std::vector<XrayView> read_views_keys(const YamlMap& map) {
    std::vector<XrayView> views;
    for (const YamlMap& entry : map.maps("views")) {
        const Matrix34d matrix = matrix_of(entry.numbers("projection_matrix", 12));
        const Detector detector = read_detector(entry.map("detector"));
        try {
            views.push_back(view_from_projection(matrix, detector));
        } catch (const Error& error) {
            entry.fail("projection_matrix", error.message());
        }
        entry.finish();
    }
    if (views.empty()) map.fail("views", "'views' must list at least one view");
    map.finish();
    return views;
}

std::vector<XrayView> views_of_matrices(std::span<const double> numbers, const std::string& name,
                                        const Detector& detector) {
    if (numbers.size() % 12 != 0)
        throw Error(ErrorCode::invalid_file,
                    fmt::format("expected 3x4 projection matrices, 12 numbers a view, found {} "
                                "numbers",
                                numbers.size()),
                    name);
    std::vector<XrayView> views;
    for (std::size_t at = 0; at < numbers.size(); at += 12) {
        try {
            views.push_back(view_from_projection(matrix_of(numbers.subspan(at, 12)), detector));
        } catch (const Error& error) {
            throw Error(ErrorCode::invalid_file,
                        fmt::format("matrix {}: {}", at / 12, error.message()), name);
        }
    }
    return views;
}

ViewSet views_of_rig(const StereoRigSpec& rig) {
    const StereoViews pair = make_stereo_rig(rig);
    return {{pair.begin(), pair.end()}, rig};
}

const Detector& needed(const std::optional<Detector>& detector, const std::string& name) {
    if (!detector)
        throw Error(ErrorCode::usage,
                    "the file holds no detector: its size in pixels and its pixel pitch must be "
                    "given",
                    name);
    return *detector;
}

}  // namespace

void ViewSet::place_rig(const Eigen::Vector3d& isocentre_mm) {
    if (!rig || rig->isocentre_mm) return;
    StereoRigSpec placed = *rig;
    placed.isocentre_mm = isocentre_mm;
    *this = views_of_rig(placed);
}

ViewSet parse_views(const std::string& text, const std::string& name,
                    const std::optional<Detector>& detector) {
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    if (start != std::string::npos && text[start] == '<')
        return {parse_rtk_geometry(text, name, needed(detector, name)), {}};
    if (const auto numbers = numbers_of_text(text); numbers && !numbers->empty())
        return {views_of_matrices(*numbers, name, needed(detector, name)), {}};

    const YamlMap map = parse_yaml(text, name);
    const std::string kind = map.schema({"rig", "views"});
    if (detector)
        throw Error(ErrorCode::usage, "the file holds its detectors: no other can be given", name);
    if (kind == "rig") return views_of_rig(read_rig_keys(map));
    return {read_views_keys(map), {}};
}

ViewSet read_views(const std::filesystem::path& path, const std::optional<Detector>& detector) {
    return parse_views(read_text_file(path), path.string(), detector);
}

std::string views_yaml(std::span<const XrayView> views) {
    std::string text = "schema: stereodrr/views/v1\nviews:\n";
    for (const XrayView& view : views) {
        const Matrix34d p = view.calibrated().projection_matrix();
        text += "  - projection_matrix: [";
        for (Eigen::Index row = 0; row < 3; ++row)
            text += fmt::format("{}{}, {}, {}, {}", row == 0 ? "" : ",\n                         ",
                                p(row, 0), p(row, 1), p(row, 2), p(row, 3));
        text += fmt::format(
            "]\n    detector: {{ width_px: {}, height_px: {}, pixel_pitch_mm: [{}, {}] }}\n",
            view.width_px, view.height_px, view.pixel_pitch_mm.x(), view.pixel_pitch_mm.y());
    }
    return text;
}

std::string projection_matrices_text(std::span<const XrayView> views) {
    std::string text =
        "# 3x4 projection matrices, world mm to pixels ((0,0) is the first pixel's centre)\n";
    for (const XrayView& view : views) {
        const Matrix34d p = view.calibrated().projection_matrix();
        for (Eigen::Index row = 0; row < 3; ++row)
            text += fmt::format("{} {} {} {}\n", p(row, 0), p(row, 1), p(row, 2), p(row, 3));
        text += "\n";
    }
    return text;
}

}  // namespace drr
