#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/geometry/stereo_rig.hpp>

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace drr {
namespace {

// The turn about the stereo axis that sets the central rays apart by the stereo angle. A beam that
// meets the axis at an angle of 90 degrees - e turns on a cone, for which
// sin(stereo angle / 2) = cos(e) sin(turn / 2). Nothing when the cone is too narrow.
std::optional<double> turn_about_axis_rad(const StereoRigSpec& spec) {
    const double half_chord = std::sin(0.5 * spec.stereo_angle_rad);
    if (half_chord == 0.0) return 0.0;
    const Eigen::Vector3d mean_beam(0.0, std::cos(spec.secondary_angle_rad),
                                    std::sin(spec.secondary_angle_rad));
    const double cone = spec.stereo_axis.normalized().cross(mean_beam).norm();
    if (std::abs(half_chord) > cone) return std::nullopt;
    return 2.0 * std::asin(half_chord / cone);
}

XrayView turned_view(const StereoRigSpec& spec, double turn_rad) {
    // The axis was given at a primary angle of 180 degrees.
    const Eigen::Quaterniond world_from_gantry(
        Eigen::AngleAxisd(spec.primary_angle_rad - std::numbers::pi, Eigen::Vector3d::UnitZ()));
    const Eigen::Vector3d axis = world_from_gantry * spec.stereo_axis.normalized();
    const Eigen::Quaterniond rotation =
        Eigen::Quaterniond(Eigen::AngleAxisd(turn_rad, axis)) *
        world_from_view_rotation(
            {spec.primary_angle_rad, spec.secondary_angle_rad, spec.detector_rotation_rad});
    const Eigen::Vector3d isocentre = spec.isocentre_mm.value_or(Eigen::Vector3d::Zero());
    const Eigen::Vector3d source =
        isocentre - spec.source_isocentre_mm * (rotation * Eigen::Vector3d::UnitZ());

    XrayView view;
    view.view_from_world = Rigid3(rotation, source).inverse();
    view.sdd_mm = spec.sdd_mm;
    view.pixel_pitch_mm = spec.pixel_pitch_mm;
    view.width_px = spec.width_px;
    view.height_px = spec.height_px;
    view.principal_point_px = view.middle_px() + spec.principal_offset_px;
    return view;
}

constexpr const char* axis_near_beam =
    "stereo_axis lies too near the mean beam: no turn about it sets the central rays apart by "
    "stereo_angle_deg";

Eigen::Vector3d read_stereo_axis(const YamlMap& map) {
    if (!map.is_list("stereo_axis"))
        return map.choice("stereo_axis", {"primary", "secondary"}) == "primary"
                   ? Eigen::Vector3d::UnitZ()
                   : Eigen::Vector3d::UnitX();
    const auto axis = map.numbers("stereo_axis", 3);
    if (std::hypot(axis[0], axis[1], axis[2]) == 0.0)
        map.fail("stereo_axis", "'stereo_axis' must not be [0, 0, 0]");
    return {axis[0], axis[1], axis[2]};
}

std::string stereo_axis_text(const Eigen::Vector3d& axis) {
    if (axis == Eigen::Vector3d::UnitZ()) return "primary";
    if (axis == Eigen::Vector3d::UnitX()) return "secondary";
    return fmt::format("[{}, {}, {}]", axis.x(), axis.y(), axis.z());
}

std::string pixel_pitch_text(const Eigen::Vector2d& pitch_mm) {
    if (pitch_mm.x() == pitch_mm.y()) return fmt::format("{}", pitch_mm.x());
    return fmt::format("[{}, {}]", pitch_mm.x(), pitch_mm.y());
}

}  // namespace

void StereoRigSpec::validate() const {
    require(sdd_mm > 0.0 && std::isfinite(sdd_mm), "sdd_mm must be positive");
    require(source_isocentre_mm > 0.0 && source_isocentre_mm < sdd_mm,
            "source_isocentre_mm must be positive and below sdd_mm");
    require(std::abs(stereo_angle_rad) < std::numbers::pi, "stereo_angle_deg must be below 180");
    require(std::isfinite(primary_angle_rad), "primary_angle_deg must be finite");
    require(std::abs(secondary_angle_rad) <= 0.5 * std::numbers::pi,
            "secondary_angle_deg must be between -90 and 90");
    require(std::isfinite(detector_rotation_rad), "rotation_deg must be finite");
    require(stereo_axis.allFinite() && stereo_axis.norm() > 0.0,
            "stereo_axis must be finite and not zero");
    require(turn_about_axis_rad(*this).has_value(), axis_near_beam);
    require(pixel_pitch_mm.allFinite() && pixel_pitch_mm.minCoeff() > 0.0,
            "pixel_pitch_mm must be positive");
    require(width_px > 0 && height_px > 0, "the detector's size in pixels must be positive");
}

StereoViews make_stereo_rig(const StereoRigSpec& spec) {
    spec.validate();
    const double turn_rad = turn_about_axis_rad(spec).value();
    return {turned_view(spec, -0.5 * turn_rad), turned_view(spec, 0.5 * turn_rad)};
}

double baseline_mm(const StereoViews& views) {
    return (views[1].source_in_world_mm() - views[0].source_in_world_mm()).norm();
}

double stereo_angle_rad(const CalibratedView& a, const CalibratedView& b) {
    const Eigen::Vector3d za = a.view_from_world.rotation.conjugate() * Eigen::Vector3d::UnitZ();
    const Eigen::Vector3d zb = b.view_from_world.rotation.conjugate() * Eigen::Vector3d::UnitZ();
    return std::atan2(za.cross(zb).norm(), za.dot(zb));
}

StereoRigSpec read_rig_keys(const YamlMap& map) {
    StereoRigSpec spec;
    spec.sdd_mm = map.number("sdd_mm", positive);
    spec.source_isocentre_mm = map.number("source_isocentre_mm", positive);
    if (spec.source_isocentre_mm >= spec.sdd_mm)
        map.fail("source_isocentre_mm", fmt::format("'source_isocentre_mm' ({}) must be below "
                                                    "'sdd_mm' ({}): the isocentre lies between "
                                                    "source and detector",
                                                    spec.source_isocentre_mm, spec.sdd_mm));
    spec.stereo_angle_rad = degree * map.number("stereo_angle_deg", {0.0, 179.0});
    spec.primary_angle_rad = degree * map.number_or("primary_angle_deg", 180.0, {-360.0, 360.0});
    spec.secondary_angle_rad = degree * map.number_or("secondary_angle_deg", 0.0, {-90.0, 90.0});
    if (map.has("stereo_axis")) spec.stereo_axis = read_stereo_axis(map);
    if (!turn_about_axis_rad(spec)) map.fail("stereo_axis", axis_near_beam);
    const YamlMap detector = map.map("detector");
    spec.width_px = detector.integer("width_px", {1.0, 16384.0});
    spec.height_px = detector.integer("height_px", {1.0, 16384.0});
    if (detector.is_list("pixel_pitch_mm")) {
        const auto pitch = detector.numbers("pixel_pitch_mm", 2, positive);
        spec.pixel_pitch_mm = {pitch[0], pitch[1]};
    } else {
        spec.pixel_pitch_mm.setConstant(detector.number("pixel_pitch_mm", positive));
    }
    spec.detector_rotation_rad = degree * detector.number_or("rotation_deg", 0.0, {-360.0, 360.0});
    if (detector.has("principal_offset_px")) {
        const auto offset = detector.numbers("principal_offset_px", 2);
        spec.principal_offset_px = {offset[0], offset[1]};
    }
    detector.finish();
    if (map.has("isocentre_mm")) {
        const auto centre = map.numbers("isocentre_mm", 3);
        spec.isocentre_mm = Eigen::Vector3d(centre[0], centre[1], centre[2]);
    }
    map.finish();
    return spec;
}

StereoRigSpec read_rig(const std::filesystem::path& path) {
    return read_rig_keys(read_yaml(path, "rig"));
}

std::string rig_yaml(const StereoRigSpec& spec) {
    std::string text = fmt::format(
        "schema: stereodrr/rig/v1\n"
        "sdd_mm: {}\nsource_isocentre_mm: {}\nstereo_angle_deg: {}\nstereo_axis: {}\n"
        "primary_angle_deg: {}\nsecondary_angle_deg: {}\n"
        "detector: {{ width_px: {}, height_px: {}, pixel_pitch_mm: {}, "
        "principal_offset_px: [{}, {}], rotation_deg: {} }}\n",
        spec.sdd_mm, spec.source_isocentre_mm, spec.stereo_angle_rad / degree,
        stereo_axis_text(spec.stereo_axis), spec.primary_angle_rad / degree,
        spec.secondary_angle_rad / degree, spec.width_px, spec.height_px,
        pixel_pitch_text(spec.pixel_pitch_mm), spec.principal_offset_px.x(),
        spec.principal_offset_px.y(), spec.detector_rotation_rad / degree);
    if (spec.isocentre_mm)
        text += fmt::format("isocentre_mm: [{}, {}, {}]\n", spec.isocentre_mm->x(),
                            spec.isocentre_mm->y(), spec.isocentre_mm->z());
    return text;
}

}  // namespace drr
