#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/core/yaml_reader.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <drr/scene/scene_yaml.hpp>
#include <drr/volume/volume_io.hpp>

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

namespace drr {
namespace {

namespace fs = std::filesystem;

constexpr double max_frames = 100000.0;  // keeps a typing error from filling a disk

Eigen::Vector3d vector3_or_zero(const YamlMap& map, const std::string& key) {
    if (!map.has(key)) return Eigen::Vector3d::Zero();
    const auto values = map.numbers(key, 3);
    return {values[0], values[1], values[2]};
}

Rigid3 read_pose_keys(const YamlMap& map) {
    return {rotation_from_vector(degree * vector3_or_zero(map, "rotation_vector_deg")),
            vector3_or_zero(map, "translation_mm")};
}

Rigid3 read_pose(const std::optional<YamlMap>& map) {
    if (!map) return {};
    const Rigid3 pose = read_pose_keys(*map);
    map->finish();
    return pose;
}

/// The file that a key names, beside the scene. Throws where it is not there.
fs::path file_of(const YamlMap& map, const std::string& key, const fs::path& folder) {
    const std::string text = map.text(key);
    const fs::path path = folder / text;
    if (!fs::exists(path))
        throw Error(ErrorCode::io,
                    fmt::format("'{}' names '{}', which is not there (looked for '{}')", key, text,
                                path.string()),
                    map.where());
    return path;
}

ListedMotion read_poses(const YamlMap& map) {
    ListedMotion motion;
    for (const YamlMap& entry : map.maps("poses")) {
        const double time_s = entry.number("time_s");
        if (!motion.poses.empty() && time_s <= motion.poses.back().time_s)
            entry.fail("time_s", fmt::format("times of poses must ascend, found {} after {}",
                                             time_s, motion.poses.back().time_s));
        motion.poses.push_back({time_s, read_pose_keys(entry)});
        entry.finish();
    }
    if (motion.poses.empty()) map.fail("poses", "'poses' needs at least one pose");
    return motion;
}

ScrewMotion read_screw(const YamlMap& map, bool oscillates) {
    ScrewMotion motion;
    motion.start = read_pose(map.map_if("start"));
    motion.axis = vector3_or_zero(map, "axis");
    if (motion.axis.isZero(0.0))
        map.fail("axis", "'axis' must be given as three numbers that are not all zero");
    motion.through_in_world_mm = vector3_or_zero(map, "through_mm");
    const std::string per_second = oscillates ? "" : "_per_s";
    motion.turn_rad = degree * map.number_or("turn_deg" + per_second, 0.0);
    motion.glide_mm = map.number_or("glide_mm" + per_second, 0.0);
    if (oscillates)
        motion.oscillation = {map.number("frequency_hz", non_negative),
                              degree * map.number_or("phase_deg", 0.0)};
    map.finish();
    return motion;
}

/// One of pose, poses, screw and oscillation.
Motion read_motion(const YamlMap& map) {
    int given = 0;
    for (const char* key : {"pose", "poses", "screw", "oscillation"})
        given += map.has(key) ? 1 : 0;
    if (given != 1)
        throw Error(ErrorCode::invalid_file,
                    fmt::format("a body has one of 'pose', 'poses', 'screw' and 'oscillation', "
                                "found {}",
                                given == 0 ? "none" : "several"),
                    map.where());
    if (map.has("poses")) return read_poses(map);
    if (const auto screw = map.map_if("screw")) return read_screw(*screw, false);
    if (const auto oscillation = map.map_if("oscillation")) return read_screw(*oscillation, true);
    return rest(read_pose(map.map_if("pose")));
}

std::shared_ptr<const CtPathLengths> read_volume(const YamlMap& map, const fs::path& folder) {
    const fs::path path = file_of(map, "file", folder);
    CtMaterials materials;
    materials.tissue = map.text_or("tissue", materials.tissue);
    materials.bone = map.text_or("bone", materials.bone);
    materials.bone_hu = map.number_or("bone_hu", materials.bone_hu);
    materials.scan_kev = map.number_or("scan_kev", materials.scan_kev, positive);
    map.finish();
    try {
        return std::make_shared<CtPathLengths>(read_ct(path).volume, materials);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::usage) throw;
        throw Error(ErrorCode::invalid_file, error.message(), map.where());
    }
}

SceneBody read_body(const YamlMap& map, const fs::path& folder) {
    SceneBody body;
    body.name = map.text("name");
    for (const YamlMap& part : map.maps("solids"))
        body.solids.push_back(read_solid_part(part));
    if (map.has("phantom")) implant(body, read_phantom(file_of(map, "phantom", folder)), Rigid3());
    if (const auto ct = map.map_if("ct")) body.ct = read_volume(*ct, folder);
    for (const YamlMap& entry : map.maps("implants")) {
        const fs::path path = file_of(entry, "phantom", folder);
        const Rigid3 body_from_phantom = read_pose_keys(entry);
        entry.finish();
        implant(body, read_phantom(path), body_from_phantom);
    }
    if (body.solids.empty() && body.ct == nullptr)
        throw Error(ErrorCode::invalid_file,
                    "a body is made of 'solids', a 'phantom', a 'ct' or 'implants', found none",
                    map.where());
    body.motion = read_motion(map);
    map.finish();
    return body;
}

Scene read_keys(const YamlMap& map, const fs::path& folder) {
    Scene scene;
    scene.name = map.text("name");
    scene.timing.frames = map.integer_or("frames", 1, {1.0, max_frames});
    scene.timing.rate_hz = map.number_or("rate_hz", 1.0, positive);
    if (map.has("view_offsets_s")) scene.timing.view_offsets_s = map.numbers("view_offsets_s", 0);
    for (const YamlMap& entry : map.maps("bodies")) {
        SceneBody body = read_body(entry, folder);
        for (const SceneBody& other : scene.bodies)
            if (other.name == body.name)
                entry.fail("name", fmt::format("two bodies are called '{}'", body.name));
        scene.bodies.push_back(std::move(body));
    }
    map.finish();
    if (scene.bodies.empty())
        throw Error(ErrorCode::invalid_file, "the scene has no 'bodies'", map.where());
    return scene;
}

}  // namespace

Scene read_scene(const fs::path& path) {
    return read_keys(read_yaml(path, "scene"), path.parent_path());
}

Scene parse_scene(const std::string& text, const std::string& name, const fs::path& folder) {
    return read_keys(parse_yaml(text, name, "scene"), folder);
}

}  // namespace drr
