#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/yaml_reader.hpp>
#include <stereo/calib/undistortion_io.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace stereo {
namespace {

constexpr const char* kind = "undistortion";

// Lists.

std::string list(const double* values, Eigen::Index count) {
    return fmt::format("[{}]", fmt::join(values, values + count, ", "));
}

std::string list(const Eigen::Vector2d& v) {
    return list(v.data(), 2);
}

/// Row by row, a line each.
template <class Row>
std::string lines(Eigen::Index count, const Row& row) {
    std::string text = "[";
    for (Eigen::Index i = 0; i < count; ++i) {
        const Eigen::VectorXd values = row(i);
        text += fmt::format("{}{}", i == 0 ? "" : ",\n      ",
                            fmt::join(values.data(), values.data() + values.size(), ", "));
    }
    return text + "]";
}

std::string lines(const std::vector<Eigen::Vector2d>& points) {
    return lines(static_cast<Eigen::Index>(points.size()),
                 [&](Eigen::Index i) { return points[static_cast<std::size_t>(i)]; });
}

Eigen::Vector2d vector_of(const drr::YamlMap& map, const std::string& key, drr::Range range = {}) {
    const auto v = map.numbers(key, 2, range);
    return {v[0], v[1]};
}

std::vector<Eigen::Vector2d> points_of(const drr::YamlMap& map, const std::string& key) {
    const auto numbers = map.numbers(key, 0);
    if (numbers.empty() || numbers.size() % 2 != 0)
        map.fail(key,
                 fmt::format("'{}' must list pairs of numbers, found {}", key, numbers.size()));
    std::vector<Eigen::Vector2d> points;
    for (std::size_t i = 0; i < numbers.size(); i += 2)
        points.emplace_back(numbers[i], numbers[i + 1]);
    return points;
}

Eigen::MatrixX2d pairs_of(const drr::YamlMap& map, const std::string& key, std::size_t rows) {
    const auto numbers = map.numbers(key, 2 * rows);
    return Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, 2, Eigen::RowMajor>>(
        numbers.data(), static_cast<Eigen::Index>(rows), 2);
}

// Writers of the parameters of each model.

struct Parameters {
    std::string operator()(const NoDistortion&) const { return " {}\n"; }
    std::string operator()(const BrownConradyMap& map) const {
        const drr::Pinhole& p = map.pinhole;
        const auto& k = map.distortion.coefficients;
        return fmt::format(
            "\n  focal_length_px: {}\n  principal_point_px: {}\n  coefficients: [{}]\n",
            list(Eigen::Vector2d(p.fx_px, p.fy_px)), list(Eigen::Vector2d(p.cx_px, p.cy_px)),
            fmt::join(k, ", "));
    }
    std::string operator()(const GlobalPolynomialMap& map) const {
        const drr::PolynomialMap& p = map.polynomial;
        return fmt::format(
            "\n  order: {}\n  center_px: {}\n  radius_px: {}\n  coefficients_px: {}\n", p.order,
            list(p.center), p.radius,
            lines(p.coefficients.rows(), [&](Eigen::Index i) -> Eigen::VectorXd {
                return p.coefficients.row(i).transpose();
            }));
    }
    std::string operator()(const ThinPlateMap& map) const {
        return fmt::format(
            "\n  center_px: {}\n  scale_px: {}\n  affine_px: {}\n  nodes: {}\n  weights_px: {}\n",
            list(map.center_px), map.scale_px,
            lines(3,
                  [&](Eigen::Index i) -> Eigen::VectorXd { return map.affine.row(i).transpose(); }),
            lines(map.nodes), lines(map.weights.rows(), [&](Eigen::Index i) -> Eigen::VectorXd {
                return map.weights.row(i).transpose();
            }));
    }
    std::string operator()(const LocalWeightedMeanMap& map) const {
        const auto count = static_cast<Eigen::Index>(map.nodes.size());
        const auto node = [&](Eigen::Index i) -> const LocalWeightedMeanMap::Node& {
            return map.nodes[static_cast<std::size_t>(i)];
        };
        return fmt::format(
            "\n  nodes_px: {}\n  radii_px: {}\n  coefficients_px: {}\n",
            lines(count, [&](Eigen::Index i) -> Eigen::VectorXd { return node(i).at_px; }),
            lines(count,
                  [&](Eigen::Index i) { return Eigen::VectorXd::Constant(1, node(i).radius_px); }),
            lines(count, [&](Eigen::Index i) -> Eigen::VectorXd {
                const Eigen::Matrix<double, 2, 6> by_coordinate = node(i).coefficients.transpose();
                return Eigen::Map<const Eigen::VectorXd>(by_coordinate.data(), 12);
            }));
    }
    std::string operator()(const LookupMap&) const {
        throw drr::Error(drr::ErrorCode::usage,
                         "a table is written as one (_LUT.csv), not as YAML");
    }
};

// Readers.

DistortionMap read_map(const std::string& model, const drr::YamlMap& map) {
    if (model == "brown_conrady") {
        const Eigen::Vector2d focal = vector_of(map, "focal_length_px", drr::positive);
        const Eigen::Vector2d centre = vector_of(map, "principal_point_px");
        BrownConradyMap result{{focal.x(), focal.y(), centre.x(), centre.y()}, {}};
        const auto k = map.numbers("coefficients", 8);
        std::copy(k.begin(), k.end(), result.distortion.coefficients.begin());
        return result;
    }
    if (model == "polynomial") {
        drr::PolynomialMap p;
        p.order = map.integer("order", {1.0, double{drr::PolynomialMap::max_order}});
        p.center = vector_of(map, "center_px");
        p.radius = map.number("radius_px", drr::positive);
        p.coefficients = pairs_of(map, "coefficients_px",
                                  static_cast<std::size_t>(drr::PolynomialMap::products(p.order)));
        return GlobalPolynomialMap{p};
    }
    if (model == "thin_plate") {
        ThinPlateMap result;
        result.center_px = vector_of(map, "center_px");
        result.scale_px = map.number("scale_px", drr::positive);
        result.affine = pairs_of(map, "affine_px", 3);
        result.nodes = points_of(map, "nodes");
        result.weights = pairs_of(map, "weights_px", result.nodes.size());
        return result;
    }
    if (model == "local_weighted_mean") {
        LocalWeightedMeanMap result;
        const auto nodes = points_of(map, "nodes_px");
        const auto radii = map.numbers("radii_px", nodes.size(), drr::positive);
        const Eigen::MatrixX2d coefficients = pairs_of(map, "coefficients_px", 6 * nodes.size());
        for (std::size_t i = 0; i < nodes.size(); ++i)
            result.nodes.push_back(
                {nodes[i], radii[i], coefficients.middleRows<6>(6 * static_cast<Eigen::Index>(i))});
        return result;
    }
    return NoDistortion{};
}

}  // namespace

Undistortion parse_undistortion(const std::string& text, const std::string& name) {
    const drr::YamlMap map = drr::parse_yaml(text, name, kind);
    Undistortion result;
    const drr::YamlMap image = map.map("image");
    result.width_px = image.integer("width_px", {1.0, 16384.0});
    result.height_px = image.integer("height_px", {1.0, 16384.0});
    image.finish();
    const std::string model = map.choice(
        "model", {"none", "brown_conrady", "polynomial", "thin_plate", "local_weighted_mean"});
    const drr::YamlMap parameters = map.map("parameters");
    result.map = read_map(model, parameters);
    parameters.finish();
    if (map.has("field_px")) {
        result.field_px = points_of(map, "field_px");
        if (result.field_px.size() < 3)
            map.fail("field_px", "'field_px' must have at least 3 corners");
    }
    map.finish();
    return result;
}

Undistortion read_undistortion(const std::filesystem::path& path) {
    // As much as read_yaml() takes.
    constexpr std::size_t most_bytes = std::size_t{16} << 20;
    return parse_undistortion(drr::read_text_file(path, most_bytes), path.string());
}

std::string undistortion_yaml(const Undistortion& undistortion) {
    std::string text = fmt::format(
        "schema: stereodrr/{}/v1\nimage: {{ width_px: {}, height_px: {} }}\nmodel: "
        "{}\nparameters:{}",
        kind, undistortion.width_px, undistortion.height_px, name_of(undistortion.map),
        std::visit(Parameters{}, undistortion.map));
    if (!undistortion.field_px.empty())
        text += fmt::format("field_px: {}\n", lines(undistortion.field_px));
    return text;
}

}  // namespace stereo
