#include "embedded.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/yaml_reader.hpp>
#include <drr/imaging/radiograph_yaml.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <stereo/study/experiment.hpp>

#include <fmt/format.h>

namespace stereo {
namespace {

Eigen::Vector3d vector3(const drr::YamlMap& map, const std::string& key, drr::Range range = {}) {
    const auto values = map.numbers(key, 3, range);
    return {values[0], values[1], values[2]};
}

PoseSpec read_poses(const drr::YamlMap& map) {
    PoseSpec poses;
    // Above this many the phantom's images no longer fit a study's memory; nobody takes so many.
    constexpr double max_poses = 1000.0;
    poses.calibration = map.integer("calibration", {1.0, max_poses});
    poses.held_out = map.integer("held_out", {0.0, max_poses});
    if (map.has("base_rotation_deg"))
        poses.base_rotation_rad = drr::degree * vector3(map, "base_rotation_deg");
    poses.max_rotation_rad = drr::degree * map.number("max_rotation_deg", {0.0, 180.0});
    poses.max_shift_mm = vector3(map, "max_shift_mm", drr::non_negative);
    map.finish();
    return poses;
}

MotionSpec read_motion(const drr::YamlMap& map) {
    MotionSpec motion;
    if (map.has("velocity_mm_per_s")) motion.velocity_mm_per_s = vector3(map, "velocity_mm_per_s");
    if (map.has("turn_deg_per_s"))
        motion.turn_rad_per_s = drr::degree * vector3(map, "turn_deg_per_s");
    motion.sync_offset_s = map.number_or("sync_offset_s", motion.sync_offset_s);
    motion.while_calibrating = map.flag_or("while_calibrating", motion.while_calibrating);
    map.finish();
    return motion;
}

ImagingSpec read_imaging(const drr::YamlMap& map) {
    ImagingSpec imaging;
    imaging.samples_per_pixel =
        map.integer_or("samples_per_pixel", imaging.samples_per_pixel, {1.0, 32.0});
    imaging.radiograph = drr::read_radiograph_options(map);
    if (imaging.radiograph.lag)
        map.fail("lag",
                 "'lag' is for sequences (stereodrr scene): the poses of an experiment are "
                 "stills, each long after the one before");
    map.finish();
    return imaging;
}

drr::AsBuiltOptions read_as_built(const drr::YamlMap& map) {
    drr::AsBuiltOptions options;
    options.bead_sd_mm = map.number_or("bead_sd_mm", 0.0, drr::non_negative);
    options.bead_depth_sd_mm = map.number_or("bead_depth_sd_mm", 0.0, drr::non_negative);
    options.brick_sd_mm = map.number_or("brick_sd_mm", 0.0, drr::non_negative);
    options.brick_height_sd_mm = map.number_or("brick_height_sd_mm", 0.0, drr::non_negative);
    // No building is off by more than a tenth: such a factor is a slip of the decimal point.
    constexpr drr::Range scale{0.9, 1.1};
    options.scale.across = map.number_or("scale_across", 1.0, scale);
    options.scale.height = map.number_or("scale_height", 1.0, scale);
    map.finish();
    return options;
}

// What a phantom within an experiment is called where it gets a file of its own.
constexpr const char* inline_phantom_file = "phantom.yaml";

// Everything but the phantom itself.
ExperimentSpec read_keys(const drr::YamlMap& map) {
    ExperimentSpec spec;
    spec.name = map.text("name");
    spec.seed = map.seed("seed");
    spec.phantom_file = map.is_map("phantom") ? inline_phantom_file : map.text("phantom");
    spec.rig = drr::read_rig_keys(map.map("rig"));
    if (spec.rig.stereo_angle_rad == 0.0)
        map.fail("rig", "'rig.stereo_angle_deg' must be above 0: two equal views give no depth");
    if (spec.rig.pixel_pitch_mm.x() != spec.rig.pixel_pitch_mm.y())
        map.fail("rig",
                 "'rig.detector.pixel_pitch_mm' must be one number: beads are detected as "
                 "discs, which pixels that are not square make ellipses");
    if (const auto as_built = map.map_if("as_built")) spec.as_built = read_as_built(*as_built);
    spec.bodies = map.flag_or("bodies", spec.bodies);
    spec.poses = read_poses(map.map("poses"));
    if (const auto motion = map.map_if("motion")) spec.motion = read_motion(*motion);
    spec.imaging = read_imaging(map.map("imaging"));
    const drr::YamlMap nominal = map.map("nominal");
    spec.nominal_error = 0.01 * nominal.number("error_percent", {0.0, 50.0});
    nominal.finish();
    const drr::YamlMap epipolar = map.map("epipolar");
    spec.epipolar_threshold_px = epipolar.number("threshold_px", drr::positive);
    epipolar.finish();
    if (map.has("center_sd_px")) spec.center_sd_px = map.number("center_sd_px", drr::positive);
    map.finish();
    return spec;
}

}  // namespace

ExperimentSpec read_experiment_keys(const drr::YamlMap& map, const PhantomReader& read_file) {
    if (map.has("schema")) (void)map.schema({"experiment"});
    ExperimentSpec spec = read_keys(map);
    spec.phantom = map.is_map("phantom") ? drr::read_phantom_keys(map.map("phantom"))
                                         : read_file(spec.phantom_file);
    return spec;
}

ExperimentSpec read_experiment(const std::filesystem::path& path) {
    return read_experiment_keys(drr::read_yaml(path, "experiment"), [&](const std::string& file) {
        return drr::read_phantom(path.parent_path() / file);
    });
}

ExperimentSpec default_experiment() {
    ExperimentSpec spec = read_keys(
        drr::parse_yaml(embedded::default_experiment, "default experiment", "experiment"));
    spec.phantom = drr::parse_phantom(embedded::small_lego_cube, spec.phantom_file);
    return spec;
}

std::string experiment_yaml(const ExperimentSpec& spec) {
    const auto& poses = spec.poses;
    const MotionSpec& motion = spec.motion;
    const drr::AsBuiltOptions& built = spec.as_built;
    // The rig's own text without its schema line, indented.
    std::string rig;
    const std::string rig_text = drr::rig_yaml(spec.rig);
    for (std::size_t at = rig_text.find('\n') + 1; at < rig_text.size();) {
        const std::size_t end = rig_text.find('\n', at) + 1;
        rig += "  " + rig_text.substr(at, end - at);
        at = end;
    }
    std::string name = "'";
    for (const char c : spec.name)
        name += c == '\'' ? std::string("''") : std::string(1, c);
    name += "'";
    return fmt::format(
        "schema: stereodrr/experiment/v1\nname: {}\nseed: {}\nphantom: {}\nbodies: {}\n"
        "as_built:\n  bead_sd_mm: {}\n  bead_depth_sd_mm: {}\n  brick_sd_mm: {}\n"
        "  brick_height_sd_mm: {}\n  scale_across: {}\n  scale_height: {}\nrig:\n{}"
        "poses:\n  calibration: {}\n  held_out: {}\n  base_rotation_deg: [{}, {}, {}]\n"
        "  max_rotation_deg: {}\n  max_shift_mm: [{}, {}, {}]\n"
        "motion:\n  velocity_mm_per_s: [{}, {}, {}]\n  turn_deg_per_s: [{}, {}, {}]\n"
        "  sync_offset_s: {}\n  while_calibrating: {}\n"
        "imaging:\n  samples_per_pixel: {}\n{}"
        "nominal:\n  error_percent: {}\nepipolar:\n  threshold_px: {}\n{}",
        name, spec.seed, spec.phantom_file, spec.bodies, built.bead_sd_mm, built.bead_depth_sd_mm,
        built.brick_sd_mm, built.brick_height_sd_mm, built.scale.across, built.scale.height, rig,
        poses.calibration, poses.held_out, poses.base_rotation_rad.x() / drr::degree,
        poses.base_rotation_rad.y() / drr::degree, poses.base_rotation_rad.z() / drr::degree,
        poses.max_rotation_rad / drr::degree, poses.max_shift_mm.x(), poses.max_shift_mm.y(),
        poses.max_shift_mm.z(), motion.velocity_mm_per_s.x(), motion.velocity_mm_per_s.y(),
        motion.velocity_mm_per_s.z(), motion.turn_rad_per_s.x() / drr::degree,
        motion.turn_rad_per_s.y() / drr::degree, motion.turn_rad_per_s.z() / drr::degree,
        motion.sync_offset_s, motion.while_calibrating, spec.imaging.samples_per_pixel,
        drr::radiograph_yaml(spec.imaging.radiograph, 2), 100.0 * spec.nominal_error,
        spec.epipolar_threshold_px,
        spec.center_sd_px ? fmt::format("center_sd_px: {}\n", *spec.center_sd_px) : "");
}

}  // namespace stereo
