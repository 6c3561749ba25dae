#include <drr/core/error.hpp>
#include <drr/geometry/stereo_rig.hpp>

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace drr {
namespace {

constexpr double degree = std::numbers::pi / 180.0;

XrayView view_at_orbit(const StereoRigSpec& spec, double orbit_rad) {
    // Columns of world_from_view at orbit 0: x_view = +x, y_view = -z, z_view = +y.
    Eigen::Matrix3d world_from_view;
    world_from_view << 1.0, 0.0, 0.0,  //
        0.0, 0.0, 1.0,                 //
        0.0, -1.0, 0.0;
    const Eigen::Quaterniond turn(Eigen::AngleAxisd(orbit_rad, Eigen::Vector3d::UnitZ()));
    const Eigen::Quaterniond rotation = turn * Eigen::Quaterniond(world_from_view);
    const Eigen::Vector3d isocentre = spec.isocentre_mm.value_or(Eigen::Vector3d::Zero());
    const Eigen::Vector3d source =
        isocentre - spec.source_isocentre_mm * (rotation * Eigen::Vector3d::UnitZ());

    XrayView view;
    view.view_from_world = Rigid3(rotation, source).inverse();
    view.sdd_mm = spec.sdd_mm;
    view.pixel_pitch_mm.setConstant(spec.pixel_pitch_mm);
    view.width_px = spec.width_px;
    view.height_px = spec.height_px;
    view.principal_point_px =
        Eigen::Vector2d(0.5 * (spec.width_px - 1), 0.5 * (spec.height_px - 1)) +
        spec.principal_offset_px;
    return view;
}

}  // namespace

void StereoRigSpec::validate() const {
    require(sdd_mm > 0.0 && std::isfinite(sdd_mm), "sdd_mm must be positive");
    require(source_isocentre_mm > 0.0 && source_isocentre_mm < sdd_mm,
            "source_isocentre_mm must be positive and below sdd_mm");
    require(std::abs(stereo_angle_rad) < std::numbers::pi, "stereo_angle_deg must be below 180");
    require(pixel_pitch_mm > 0.0, "pixel_pitch_mm must be positive");
    require(width_px > 0 && height_px > 0, "the detector's size in pixels must be positive");
}

StereoViews make_stereo_rig(const StereoRigSpec& spec) {
    spec.validate();
    return {view_at_orbit(spec, spec.orbit_rad - 0.5 * spec.stereo_angle_rad),
            view_at_orbit(spec, spec.orbit_rad + 0.5 * spec.stereo_angle_rad)};
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
    spec.orbit_rad = degree * map.number_or("orbit_deg", 0.0, {-360.0, 360.0});
    const YamlMap detector = map.map("detector");
    spec.width_px = detector.integer("width_px", {1.0, 16384.0});
    spec.height_px = detector.integer("height_px", {1.0, 16384.0});
    spec.pixel_pitch_mm = detector.number("pixel_pitch_mm", positive);
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
        "sdd_mm: {}\nsource_isocentre_mm: {}\nstereo_angle_deg: {}\norbit_deg: {}\n"
        "detector: {{ width_px: {}, height_px: {}, pixel_pitch_mm: {}, "
        "principal_offset_px: [{}, {}] }}\n",
        spec.sdd_mm, spec.source_isocentre_mm, spec.stereo_angle_rad / degree,
        spec.orbit_rad / degree, spec.width_px, spec.height_px, spec.pixel_pitch_mm,
        spec.principal_offset_px.x(), spec.principal_offset_px.y());
    if (spec.isocentre_mm)
        text += fmt::format("isocentre_mm: [{}, {}, {}]\n", spec.isocentre_mm->x(),
                            spec.isocentre_mm->y(), spec.isocentre_mm->z());
    return text;
}

}  // namespace drr
