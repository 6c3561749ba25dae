#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <stereo/calib/calibration_json.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace stereo {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* schema = "stereodrr/calibration/v1";
// Rotations of a file are given to some 15 digits.
constexpr double rotation_tolerance = 1e-9;

Json list(const Eigen::VectorXd& v) {
    return std::vector<double>(v.begin(), v.end());
}
Json rows(const Eigen::MatrixXd& m) {
    Json out = Json::array();
    for (Eigen::Index i = 0; i < m.rows(); ++i)
        out.push_back(list(m.row(i).transpose()));
    return out;
}

// A mapping whose keys are asked for one by one; those that nobody asked for are refused.
class Map {
  public:
    Map(const Json& json, std::string where, std::string file)
        : json_(json), where_(std::move(where)), file_(std::move(file)) {
        if (!json.is_object()) fail("a mapping was expected");
    }
    [[noreturn]] void fail(const std::string& message) const {
        throw drr::Error(drr::ErrorCode::invalid_file,
                         where_.empty() ? message : fmt::format("{}: {}", where_, message), file_);
    }
    const Json& at(const std::string& key) {
        asked_.insert(key);
        const auto found = json_.find(key);
        if (found == json_.end()) fail(fmt::format("key '{}' is missing", key));
        return *found;
    }
    [[nodiscard]] double number(const std::string& key) { return number(at(key), key); }
    [[nodiscard]] double number(const Json& value, const std::string& key) const {
        if (!value.is_number() || !std::isfinite(value.get<double>()))
            fail(fmt::format("'{}' must be a finite number", key));
        return value.get<double>();
    }
    [[nodiscard]] double number_or(const std::string& key, double fallback) {
        return json_.contains(key) ? number(key) : fallback;
    }
    [[nodiscard]] int integer(const std::string& key) {
        const Json& value = at(key);
        if (!value.is_number_integer()) fail(fmt::format("'{}' must be a whole number", key));
        return value.get<int>();
    }
    [[nodiscard]] bool flag(const std::string& key) {
        const Json& value = at(key);
        if (!value.is_boolean()) fail(fmt::format("'{}' must be true or false", key));
        return value.get<bool>();
    }
    [[nodiscard]] std::string text(const std::string& key) {
        const Json& value = at(key);
        if (!value.is_string()) fail(fmt::format("'{}' must be a text", key));
        return value.get<std::string>();
    }
    [[nodiscard]] const Json& items(const std::string& key) {
        const Json& value = at(key);
        if (!value.is_array()) fail(fmt::format("'{}' must be a list", key));
        return value;
    }
    [[nodiscard]] Eigen::MatrixXd matrix(const std::string& key, Eigen::Index row_count,
                                         Eigen::Index column_count) {
        const Json& value = items(key);
        const auto wrong = [&] {
            fail(fmt::format("'{}' must be {} rows of {} numbers", key, row_count, column_count));
        };
        if (static_cast<Eigen::Index>(value.size()) != row_count) wrong();
        Eigen::MatrixXd result(row_count, column_count);
        for (Eigen::Index i = 0; i < row_count; ++i) {
            const Json& row = value[static_cast<std::size_t>(i)];
            if (!row.is_array() || static_cast<Eigen::Index>(row.size()) != column_count) wrong();
            for (Eigen::Index k = 0; k < column_count; ++k)
                result(i, k) = number(row[static_cast<std::size_t>(k)], key);
        }
        return result;
    }
    [[nodiscard]] drr::Rigid3 motion(const std::string& key) {
        const Eigen::Matrix<double, 3, 4> m = matrix(key, 3, 4);
        const Eigen::Matrix3d r = m.leftCols<3>();
        if (!(r * r.transpose()).isIdentity(rotation_tolerance) || r.determinant() < 0.0)
            fail(fmt::format("'{}' is not a rotation beside a translation", key));
        return {r, m.col(3)};
    }
    [[nodiscard]] const std::string& file() const { return file_; }
    void finish() const {
        for (const auto& [key, value] : json_.items())
            if (!asked_.contains(key)) fail(fmt::format("unknown key '{}'", key));
    }

  private:
    const Json& json_;
    std::string where_;
    std::string file_;
    std::set<std::string> asked_;
};

drr::CalibratedView view_of(Map map) {
    drr::CalibratedView view;
    const auto focal = map.matrix("focal_length_px", 1, 2);
    const auto centre = map.matrix("principal_point_px", 1, 2);
    view.pinhole = {focal(0, 0), focal(0, 1), centre(0, 0), centre(0, 1)};
    if (!(view.pinhole.fx_px > 0.0 && view.pinhole.fy_px > 0.0))
        map.fail("'focal_length_px' must be positive");
    view.view_from_world = map.motion("view_from_world_mm");
    view.width_px = map.integer("width_px");
    view.height_px = map.integer("height_px");
    map.finish();
    return view;
}

}  // namespace

std::string calibration_json(const Calibration& c) {
    Json views = Json::array();
    for (const auto& view : c.views) {
        const auto& k = view.pinhole;
        views.push_back({{"focal_length_px", {{k.fx_px, k.fy_px}}},
                         {"principal_point_px", {{k.cx_px, k.cy_px}}},
                         {"view_from_world_mm", rows(view.view_from_world.matrix34())},
                         {"width_px", view.width_px},
                         {"height_px", view.height_px}});
    }
    Json poses = Json::array();
    for (std::size_t pose = 0; pose < c.world_from_phantom.size(); ++pose)
        poses.push_back({{"known", static_cast<bool>(c.pose_known[pose])},
                         {"world_from_phantom_mm", rows(c.world_from_phantom[pose].matrix34())}});
    Json markers = Json::array();
    for (const auto& marker : c.markers_in_phantom_mm)
        markers.push_back(list(marker));
    Json names = Json::array();
    for (const auto& parameter : c.parameters)
        names.push_back(name_of(parameter));
    const Json json = {{"schema", schema},
                       {"version", drr::version()},
                       {"git_commit", drr::git_commit()},
                       {"procedure", name_of(c.procedure)},
                       {"ok", c.ok},
                       {"summary", c.summary},
                       {"undetermined", c.undetermined},
                       {"world_pose", c.world_pose},
                       {"views", views},
                       {"poses", poses},
                       {"markers_in_phantom_mm", markers},
                       {"phantom_scale", c.phantom_scale},
                       {"rejected_count", c.rejected_count},
                       {"rms_px", c.rms_px},
                       {"degrees_of_freedom", c.degrees_of_freedom},
                       {"sigma0_ratio", c.sigma0},
                       {"noise_p_value", c.noise_p_value},
                       {"correlation_length_mm", c.correlation_length_mm},
                       {"iteration_count", c.iterations},
                       {"parameters", names},
                       {"covariance", rows(c.covariance)}};
    return json.dump(1) + "\n";
}

Calibration parse_calibration(const std::string& text, const std::string& name) {
    Json json;
    try {
        json = Json::parse(text);
    } catch (const Json::parse_error& error) {
        throw drr::Error(drr::ErrorCode::invalid_file,
                         fmt::format("not JSON, at byte {}", error.byte), name);
    }
    Map map(json, "", name);
    if (const std::string found = map.text("schema"); found != schema)
        map.fail(fmt::format("schema '{}' was expected, not '{}'", schema, found));
    Calibration c;
    (void)map.text("version");
    (void)map.text("git_commit");
    try {
        c.procedure = procedure_of(map.text("procedure"));
        for (const Json& parameter : map.items("parameters"))
            c.parameters.push_back(
                parameter_of(parameter.is_string() ? parameter.get<std::string>() : ""));
    } catch (const drr::Error& error) {
        map.fail(error.message());
    }
    c.ok = map.flag("ok");
    c.summary = map.text("summary");
    for (const Json& sentence : map.items("undetermined")) {
        if (!sentence.is_string()) map.fail("'undetermined' must hold texts");
        c.undetermined.push_back(sentence.get<std::string>());
    }
    c.world_pose = map.integer("world_pose");
    const Json& views = map.items("views");
    for (std::size_t v = 0; v < views.size(); ++v)
        c.views.push_back(view_of(Map(views[v], fmt::format("views[{}]", v), name)));
    const Json& poses = map.items("poses");
    for (std::size_t pose = 0; pose < poses.size(); ++pose) {
        Map one(poses[pose], fmt::format("poses[{}]", pose), name);
        c.pose_known.push_back(one.flag("known"));
        c.world_from_phantom.push_back(one.motion("world_from_phantom_mm"));
        one.finish();
    }
    const auto marker_count = static_cast<Eigen::Index>(map.items("markers_in_phantom_mm").size());
    const Eigen::MatrixXd markers = map.matrix("markers_in_phantom_mm", marker_count, 3);
    for (Eigen::Index m = 0; m < marker_count; ++m)
        c.markers_in_phantom_mm.emplace_back(markers.row(m).transpose());
    c.phantom_scale = map.number("phantom_scale");
    c.rejected_count = static_cast<std::size_t>(std::max(map.integer("rejected_count"), 0));
    c.rms_px = map.number("rms_px");
    c.degrees_of_freedom = map.integer("degrees_of_freedom");
    c.sigma0 = map.number("sigma0_ratio");
    c.noise_p_value = map.number("noise_p_value");
    // Files of version 0.1 before it was estimated have none.
    c.correlation_length_mm = map.number_or("correlation_length_mm", 0.0);
    c.iterations = map.integer("iteration_count");
    const auto size = map.items("covariance").empty()
                          ? Eigen::Index{0}
                          : static_cast<Eigen::Index>(c.parameters.size());
    c.covariance = map.matrix("covariance", size, size);
    if (!c.covariance.isApprox(c.covariance.transpose(), 1e-9))
        map.fail("'covariance' must be symmetric");
    map.finish();
    return c;
}

Calibration read_calibration(const std::filesystem::path& path) {
    return parse_calibration(drr::read_text_file(path), path.string());
}

}  // namespace stereo
