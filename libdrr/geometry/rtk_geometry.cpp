#include "numbers_text.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/geometry/rtk_geometry.hpp>

#include <fmt/format.h>
#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace drr {
namespace {

// The parameters of one projection. What an element sets holds until it is set again, also in the
// projections that follow (as RTK reads them); what is never set is 0.
struct Projection {
    double source_isocentre_mm = 0.0;
    double sdd_mm = 0.0;
    double source_offset_x_mm = 0.0;
    double source_offset_y_mm = 0.0;
    double projection_offset_x_mm = 0.0;
    double projection_offset_y_mm = 0.0;
    double gantry_deg = 0.0;
    double out_of_plane_deg = 0.0;
    double in_plane_deg = 0.0;
    double cylinder_radius_mm = 0.0;
};

constexpr std::array<std::pair<const char*, double Projection::*>, 10> parameters{
    {{"SourceToIsocenterDistance", &Projection::source_isocentre_mm},
     {"SourceToDetectorDistance", &Projection::sdd_mm},
     {"SourceOffsetX", &Projection::source_offset_x_mm},
     {"SourceOffsetY", &Projection::source_offset_y_mm},
     {"ProjectionOffsetX", &Projection::projection_offset_x_mm},
     {"ProjectionOffsetY", &Projection::projection_offset_y_mm},
     {"GantryAngle", &Projection::gantry_deg},
     {"OutOfPlaneAngle", &Projection::out_of_plane_deg},
     {"InPlaneAngle", &Projection::in_plane_deg},
     {"RadiusCylindricalDetector", &Projection::cylinder_radius_mm}}};

constexpr std::array ignored{"CollimationUInf", "CollimationUSup", "CollimationVInf",
                             "CollimationVSup"};

// World to RTK's rotated frame.
Eigen::Matrix3d rotated_from_world(const Projection& p) {
    return rotation_matrix(
        {-p.in_plane_deg * degree, -p.out_of_plane_deg * degree, -p.gantry_deg * degree});
}

// Between RTK's rotated frame and ours: y and z have the other sign.
const Eigen::Vector3d flip(1.0, -1.0, -1.0);

// World mm to homogeneous mm on the detector.
Matrix34d physical_matrix(const Projection& p) {
    Eigen::Matrix3d on_detector;
    on_detector << -p.sdd_mm, 0.0, p.source_offset_x_mm - p.projection_offset_x_mm,  //
        0.0, -p.sdd_mm, p.source_offset_y_mm - p.projection_offset_y_mm,             //
        0.0, 0.0, 1.0;
    Matrix34d from_source;
    from_source << rotated_from_world(p),
        -Eigen::Vector3d(p.source_offset_x_mm, p.source_offset_y_mm, p.source_isocentre_mm);
    return on_detector * from_source;
}

XrayView view_of(const Projection& p, const Detector& detector) {
    const Eigen::Matrix3d view_from_world = flip.asDiagonal() * rotated_from_world(p);
    const Eigen::Vector3d source_in_rotated_mm(p.source_offset_x_mm, p.source_offset_y_mm,
                                               p.source_isocentre_mm);
    XrayView view;
    view.view_from_world = Rigid3(view_from_world, -flip.cwiseProduct(source_in_rotated_mm));
    view.sdd_mm = p.sdd_mm;
    view.pixel_pitch_mm = {detector.pixel_pitch_mm,
                           detector.row_pitch_mm.value_or(detector.pixel_pitch_mm)};
    view.width_px = detector.width_px;
    view.height_px = detector.height_px;
    const Eigen::Vector2d foot_mm(p.source_offset_x_mm - p.projection_offset_x_mm,
                                  p.projection_offset_y_mm - p.source_offset_y_mm);
    view.principal_point_px = view.middle_px() + foot_mm.cwiseQuotient(view.pixel_pitch_mm);
    return view;
}

Projection projection_of(const XrayView& view) {
    const Eigen::Matrix3d rotation = flip.asDiagonal() * view.view_from_world.matrix();
    const Eigen::Vector3d source_mm = -flip.cwiseProduct(view.view_from_world.translation_mm);
    const Eigen::Vector2d foot_mm =
        (view.principal_point_px - view.middle_px()).cwiseProduct(view.pixel_pitch_mm);
    const EulerZxy euler = euler_zxy(rotation);
    Projection p;
    p.source_isocentre_mm = source_mm.z();
    p.sdd_mm = view.sdd_mm;
    p.source_offset_x_mm = source_mm.x();
    p.source_offset_y_mm = source_mm.y();
    p.projection_offset_x_mm = source_mm.x() - foot_mm.x();
    p.projection_offset_y_mm = source_mm.y() + foot_mm.y();
    p.gantry_deg = -euler.y_rad / degree;
    p.out_of_plane_deg = -euler.x_rad / degree;
    p.in_plane_deg = -euler.z_rad / degree;
    return p;
}

// One file being read: knows what to say where something is wrong.
class Reader {
  public:
    Reader(const std::string& text, const std::string& name) : text_(text), name_(name) {
        const pugi::xml_parse_result parsed = document_.load_buffer(
            text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
        if (!parsed) fail(parsed.offset, fmt::format("not valid XML: {}", parsed.description()));
    }

    [[nodiscard]] std::vector<XrayView> views(const Detector& detector) const {
        const pugi::xml_node root = document_.document_element();
        if (root.next_sibling()) fail(root.next_sibling(), "expected one root element");
        if (std::string_view(root.name()) != "RTKThreeDCircularGeometry")
            fail(root, fmt::format("expected an RTK geometry, <RTKThreeDCircularGeometry>, found "
                                   "<{}>",
                                   root.name()));
        const std::string_view version = root.attribute("version").value();
        if (version != "2" && version != "3")
            fail(root, fmt::format("RTK geometry version must be 2 or 3, found '{}'", version),
                 ErrorCode::unsupported);
        Projection current;
        std::vector<XrayView> result;
        for (const pugi::xml_node node : root.children()) {
            if (node.type() != pugi::node_element) fail(node, "expected elements, found text");
            if (std::string_view(node.name()) == "Projection")
                result.push_back(view(node, current, result.size(), detector));
            else
                read_parameter(node, current, "");
        }
        if (result.empty()) fail(root, "the geometry has no <Projection>");
        return result;
    }

  private:
    [[nodiscard]] XrayView view(const pugi::xml_node& projection, Projection& p, std::size_t number,
                                const Detector& detector) const {
        const std::string place = fmt::format("projection {}: ", number);
        pugi::xml_node matrix;
        for (const pugi::xml_node node : projection.children()) {
            if (node.type() != pugi::node_element)
                fail(node, place + "expected elements, found text");
            if (std::string_view(node.name()) == "Matrix")
                matrix = node;
            else
                read_parameter(node, p, place);
        }
        if (p.sdd_mm == 0.0)
            fail(projection,
                 place + "SourceToDetectorDistance is 0: parallel beams are not supported",
                 ErrorCode::unsupported);
        if (p.sdd_mm < 0.0)
            fail(projection, fmt::format("{}SourceToDetectorDistance must be positive, found {}",
                                         place, p.sdd_mm));
        if (p.cylinder_radius_mm != 0.0)
            fail(projection,
                 fmt::format("{}RadiusCylindricalDetector is {}: only flat detectors (0) are "
                             "supported",
                             place, p.cylinder_radius_mm),
                 ErrorCode::unsupported);
        if (matrix) check_matrix(matrix, p, place);
        return view_of(p, detector);
    }

    void read_parameter(const pugi::xml_node& node, Projection& p, const std::string& place) const {
        const std::string_view key = node.name();
        for (const auto& [name, member] : parameters)
            if (key == name) {
                p.*member = numbers(node, 1, place).front();
                return;
            }
        if (std::find(ignored.begin(), ignored.end(), key) == ignored.end())
            fail(node, fmt::format("{}unknown element <{}>", place, key));
    }

    void check_matrix(const pugi::xml_node& node, const Projection& p,
                      const std::string& place) const {
        constexpr double tolerance = 1e-3;  // RTK's own
        const std::vector<double> given = numbers(node, 12, place);
        const Matrix34d expected = physical_matrix(p);
        for (std::size_t i = 0; i < given.size(); ++i) {
            const auto row = static_cast<Eigen::Index>(i / 4);
            const auto column = static_cast<Eigen::Index>(i % 4);
            if (!(std::abs(given[i] - expected(row, column)) <= tolerance))
                fail(node, fmt::format("{}the matrix disagrees with the parameters: {} in row {}, "
                                       "column {}, where they give {:.9g}",
                                       place, given[i], row, column, expected(row, column)));
        }
    }

    [[nodiscard]] std::vector<double> numbers(const pugi::xml_node& node, std::size_t count,
                                              const std::string& place) const {
        auto found = numbers_of_text(node.text().get());
        if (!found || found->size() != count)
            fail(node, fmt::format("{}<{}> must hold {} finite number{}", place, node.name(), count,
                                   count == 1 ? "" : "s"));
        return std::move(*found);
    }

    [[noreturn]] void fail(const pugi::xml_node& node, const std::string& message,
                           ErrorCode code = ErrorCode::invalid_file) const {
        fail(node.offset_debug(), message, code);
    }
    [[noreturn]] void fail(std::ptrdiff_t offset, std::string message,
                           ErrorCode code = ErrorCode::invalid_file) const {
        // one line of reasonable length, whatever the names in the file
        for (char& c : message)
            if (static_cast<unsigned char>(c) < 0x20) c = ' ';
        constexpr std::size_t max_message_bytes = 1000;
        if (message.size() > max_message_bytes)
            message.replace(max_message_bytes, std::string::npos, " ...");
        const auto end = text_.begin() + std::clamp<std::ptrdiff_t>(offset, 0, std::ssize(text_));
        throw Error(code, message,
                    fmt::format("{}:{}", name_, 1 + std::count(text_.begin(), end, '\n')));
    }

    const std::string& text_;
    const std::string& name_;
    pugi::xml_document document_;
};

}  // namespace

std::vector<XrayView> parse_rtk_geometry(const std::string& text, const std::string& name,
                                         const Detector& detector) {
    detector.validate();
    return Reader(text, name).views(detector);
}

std::string rtk_geometry_xml(std::span<const XrayView> views) {
    std::string text =
        "<?xml version=\"1.0\"?>\n<!DOCTYPE RTKGEOMETRY>\n"
        "<RTKThreeDCircularGeometry version=\"3\">\n";
    for (const XrayView& view : views) {
        view.validate();
        const Projection p = projection_of(view);
        text += "  <Projection>\n";
        for (const auto& [name, member] : parameters)
            if (member != &Projection::cylinder_radius_mm)
                text += fmt::format("    <{0}>{1}</{0}>\n", name, p.*member);
        text += "    <Matrix>\n";
        const Matrix34d matrix = physical_matrix(p);
        for (Eigen::Index row = 0; row < 3; ++row)
            text += fmt::format("      {} {} {} {}\n", matrix(row, 0), matrix(row, 1),
                                matrix(row, 2), matrix(row, 3));
        text += "    </Matrix>\n  </Projection>\n";
    }
    return text + "</RTKThreeDCircularGeometry>\n";
}

}  // namespace drr
