#include "test.hpp"
#include "text.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/scene/scene_yaml.hpp>
#include <drr/volume/volume_io.hpp>

#include <cmath>
#include <numbers>

using namespace drr;
using Eigen::Vector3d;

namespace {

constexpr double rounding = 1e-12;

double difference(const Rigid3& a, const Rigid3& b) {
    return (a.translation_mm - b.translation_mm).norm() + angle_between_rad(a.rotation, b.rotation);
}

Rigid3 pose(const Vector3d& rotation_vector_rad, const Vector3d& translation_mm) {
    return {rotation_from_vector(rotation_vector_rad), translation_mm};
}

XrayView frontal() {
    XrayView view;
    view.view_from_world = pose({0, 0, 0}, {0, 0, 900});
    view.sdd_mm = 1200.0;
    view.pixel_pitch_mm = {0.5, 0.5};
    view.width_px = view.height_px = 101;
    view.principal_point_px = view.middle_px();
    return view;
}

// Two solid bodies, one of which carries a bead and moves.
const std::string good_scene = R"(schema: stereodrr/scene/v1
name: two bodies
frames: 3
rate_hz: 100
view_offsets_s: [0, 0.002]
bodies:
  - name: fixed
    solids:
      - { name: block, shape: box, size_mm: [20, 20, 20], material: abs }
    pose: { translation_mm: [0, 0, 30] }
  - name: moving
    solids:
      - { name: rod, shape: cylinder, diameter_mm: 20, length_mm: 40, material: cortical_bone }
      - { name: marrow, shape: cylinder, diameter_mm: 16, length_mm: 40, material: cortical_bone, sign: -1 }
      - { name: fill, shape: cylinder, diameter_mm: 16, length_mm: 40, material: soft_tissue }
    implants:
      - { phantom: bead.yaml, translation_mm: [2, 1, 0] }
    screw:
      start: { translation_mm: [0, 0, -30] }
      axis: [0, 0, 2]
      through_mm: [5, 0, 0]
      turn_deg_per_s: 90
      glide_mm_per_s: 10
)";

const std::string bead_phantom = R"(schema: stereodrr/phantom/v1
name: bead
beads:
  - { id: 1, center_mm: [0, 0, 0], diameter_mm: 1, material: tantalum }
)";

}  // namespace

BOOST_AUTO_TEST_CASE(listed_poses_are_met_and_joined_evenly) {
    const Rigid3 a = pose({0.1, 0.2, 0.3}, {1, 2, 3});
    const Rigid3 turn = pose({0, 0.8, 0}, {});
    const Rigid3 b{(turn.rotation * a.rotation).normalized(), {5, 2, -1}};
    const Motion motion = ListedMotion{{{1.0, a}, {3.0, b}, {4.0, a}}};
    validate(motion);
    BOOST_TEST(difference(world_from_body(motion, 1.0), a) < rounding);
    BOOST_TEST(difference(world_from_body(motion, 3.0), b) < 1e-7);  // of the angle's arc cosine
    // a quarter of the way: a quarter of the turn about the same axis
    const Rigid3 quarter{rotation_from_vector({0, 0.2, 0}) * a.rotation, {2, 2, 2}};
    BOOST_TEST(difference(world_from_body(motion, 1.5), quarter) < 1e-7);
    BOOST_TEST(difference(world_from_body(motion, -9.0), a) < rounding);  // rests before and after
    BOOST_TEST(difference(world_from_body(motion, 9.0), a) < rounding);
}

BOOST_AUTO_TEST_CASE(a_screw_turns_about_its_axis_and_glides_along_it) {
    ScrewMotion screw;
    screw.start = pose({0.3, 0, 0}, {7, 0, 0});
    screw.axis = {0, 0, 5};
    screw.through_in_world_mm = {5, 0, 40};
    screw.turn_rad = std::numbers::pi;
    screw.glide_mm = 4.0;
    // half a second: a quarter turn of the point 2 mm beside the axis, and 2 mm along it
    const Rigid3 half = world_from_body(screw, 0.5);
    BOOST_TEST((half * Vector3d(0, 0, 0) - Vector3d(5, 2, 2)).norm() < rounding);
    BOOST_TEST(difference(world_from_body(screw, 0.0), screw.start) < rounding);
    // A screw is a one-parameter group.
    const auto moved_by = [&](double t) {
        return world_from_body(screw, t) * screw.start.inverse();
    };
    BOOST_TEST(difference(moved_by(0.3) * moved_by(0.4), moved_by(0.7)) < 1e-7);

    screw.oscillation = {2.0, 0.5 * std::numbers::pi};  // a cosine of 2 Hz, by the amplitudes
    BOOST_TEST((world_from_body(screw, 0.25) * Vector3d(0, 0, 0) - Vector3d(3, 0, -4)).norm() <
               rounding);
    BOOST_TEST(difference(world_from_body(screw, 0.1), world_from_body(screw, 0.6)) < 1e-7);
}

BOOST_AUTO_TEST_CASE(a_scene_is_read_with_its_files) {
    const test::TemporaryFolder folder;
    write_file(folder.path() / "scene.yaml", good_scene);
    write_file(folder.path() / "bead.yaml", bead_phantom);
    const Scene scene = read_scene(folder.path() / "scene.yaml");
    scene.validate();
    BOOST_TEST(scene.timing.frames == 3);
    BOOST_TEST(std::abs(scene.timing.time_s(2, 1) - 0.022) < rounding);
    BOOST_TEST(scene.timing.time_s(2, 5) == 0.02);
    BOOST_REQUIRE(scene.bodies.size() == 2U);
    const SceneBody& moving = scene.bodies[1];
    BOOST_REQUIRE(moving.markers.size() == 1U);
    BOOST_TEST(moving.markers[0].name == "bead b01");
    BOOST_TEST((moving.markers[0].center_mm - Vector3d(2, 1, 0)).norm() < rounding);
    BOOST_TEST(moving.solids.size() == 5U);  // marrow makes room for the bead
    BOOST_TEST(moving.solids[3].material == "soft_tissue");
    BOOST_TEST(moving.solids[3].sign == -1);
    BOOST_TEST(
        (world_from_body(moving.motion, 1.0) * Vector3d(5, 0, 0) - Vector3d(5, 0, -20)).norm() <
        rounding);
}

// The lengths of a ray down the axis of the rod, by hand.
BOOST_AUTO_TEST_CASE(what_a_view_sees_is_where_the_bodies_are_then) {
    const test::TemporaryFolder folder;
    write_file(folder.path() / "bead.yaml", bead_phantom);
    Scene scene = parse_scene(good_scene, "scene.yaml", folder.path());
    XrayView view = frontal();
    const PathLengths start = path_lengths(scene, view, 0.0);
    const auto length = [](const PathLengths& lengths, const std::string& material, int u, int v) {
        for (std::size_t m = 0; m < lengths.materials.size(); ++m)
            if (lengths.materials[m] == material) return lengths.mean_mm[m](u, v);
        return -1.0F;
    };
    constexpr float rounding_mm = 1e-4F;
    BOOST_TEST(std::abs(length(start, "abs", 50, 50) - 20.0F) < rounding_mm);
    BOOST_TEST(std::abs(length(start, "soft_tissue", 50, 50) - 40.0F) < rounding_mm);
    BOOST_TEST(std::abs(length(start, "cortical_bone", 50, 50)) < rounding_mm);
    // The bead projects to 2 * 1200 / 870 / 0.5 + 50, beside it; it replaces what it displaces.
    const Eigen::Vector2d bead = view.project(Vector3d(2, 1, -30));
    const int u = static_cast<int>(std::lround(bead.x())),
              v = static_cast<int>(std::lround(bead.y()));
    BOOST_TEST(length(start, "tantalum", u, v) > 0.8F);
    BOOST_TEST(std::abs(length(start, "soft_tissue", u, v) + length(start, "tantalum", u, v) -
                        40.0F) < 0.1F);  // the one at the pixel's centre, the other over its area
    // A second later it has turned by 90 degrees about (5, 0) and risen by 10 mm.
    const PathLengths later = path_lengths(scene, view, 1.0);
    const Eigen::Vector2d there = view.project(Vector3d(5.0 - 1.0, -3.0, -20));
    BOOST_TEST(length(later, "tantalum", static_cast<int>(std::lround(there.x())),
                      static_cast<int>(std::lround(there.y()))) > 0.6F);
    BOOST_TEST(length(later, "tantalum", u, v) == 0.0F);
}

// A bead that flies at 1 m/s: a view that is 2 ms late sees it 2 mm further on.
BOOST_AUTO_TEST_CASE(a_late_view_sees_the_bead_where_it_is_by_then) {
    const test::TemporaryFolder folder;
    write_file(folder.path() / "bead.yaml", bead_phantom);
    const Scene scene = parse_scene(R"(schema: stereodrr/scene/v1
name: flight
rate_hz: 50
view_offsets_s: [0, 0.002]
bodies:
  - name: bead
    phantom: bead.yaml
    screw: { start: { translation_mm: [-5, 2, 7] }, axis: [1, 0, 0], glide_mm_per_s: 1000 }
)",
                                    "scene.yaml", folder.path());
    XrayView view = frontal();
    view.pixel_pitch_mm = {0.1, 0.1};
    view.width_px = view.height_px = 201;
    view.principal_point_px = view.middle_px();
    for (const std::size_t v : {0U, 1U}) {
        const PathLengths lengths = path_lengths(scene, view, scene.timing.time_s(0, v));
        Eigen::Vector2d mean = Eigen::Vector2d::Zero();
        double sum = 0.0;
        for (int row = 0; row < 201; ++row)
            for (int column = 0; column < 201; ++column) {
                const auto mm = static_cast<double>(lengths.mean_mm[0](column, row));
                mean += mm * Eigen::Vector2d(column, row);
                sum += mm;
            }
        const Eigen::Vector2d expected = view.project(Vector3d(v == 0 ? -5.0 : -3.0, 2, 7));
        BOOST_TEST((mean / sum - expected).norm() <
                   0.01);  // a bead of 13 pixels: of coarse ones, pixels themselves move it
    }
}

// The same body as voxels and as a solid, both moved.
BOOST_AUTO_TEST_CASE(a_ct_moves_with_its_body) {
    const test::TemporaryFolder folder;
    CtVolume volume;
    volume.sizes = {34, 34, 34};
    volume.spacing_mm = {1, 1, 1};
    volume.origin_mm = {-16.5, -16.5, -16.5};
    volume.hu.assign(34 * 34 * 34, -1000.0F);
    for (int k = 2; k < 32; ++k)
        for (int j = 2; j < 32; ++j)
            for (int i = 2; i < 32; ++i)
                volume.at(i, j, k) = 0.0F;
    write_ct(folder.path() / "water.mha", volume);
    write_file(folder.path() / "bead.yaml", bead_phantom);
    const auto scene_of = [&](const std::string& content) {
        return parse_scene(R"(schema: stereodrr/scene/v1
name: water
bodies:
  - name: block
    )" + content + R"(
    poses:
      - { time_s: 0, translation_mm: [0, 0, 0] }
      - { time_s: 1, translation_mm: [6, -4, 20], rotation_vector_deg: [0, 0, 90] }
  - name: bead
    phantom: bead.yaml
    pose: { translation_mm: [2, 3, -40] }
)",
                           "scene.yaml", folder.path());
    };
    const Scene voxels = scene_of("ct: { file: water.mha }");
    const Scene solid =
        scene_of("solids: [ { name: w, shape: box, size_mm: [30, 30, 30], material: water } ]");
    const XrayView view = frontal();
    for (const double time_s : {0.0, 1.0}) {
        const Image<float> a = line_integrals(path_lengths(voxels, view, time_s), 60.0);
        const Image<float> b = line_integrals(path_lengths(solid, view, time_s), 60.0);
        const Rigid3 body = world_from_body(solid.bodies[0].motion, time_s);
        int inside = 0;
        for (int v = 0; v < 101; ++v)
            for (int u = 0; u < 101; ++u) {
                // Where rays leave by the box's near and far faces, 1 mm within their sides: there
                // voxels are exact.
                bool within = true;
                for (const double z : {-15.0, 15.0}) {
                    const double world_z = body.translation_mm.z() + z;
                    const Vector3d pixel = view.pixel_in_world_mm({u, v});
                    const Vector3d source = view.source_in_world_mm();
                    const Vector3d at = source + (world_z - source.z()) / (pixel.z() - source.z()) *
                                                     (pixel - source);
                    within = within && (body.inverse() * at).head<2>().cwiseAbs().maxCoeff() < 14.0;
                }
                if (!within) continue;
                ++inside;
                BOOST_TEST(std::abs(a(u, v) - b(u, v)) < 1e-5F * b(u, v));
            }
        BOOST_TEST(inside > 4000);
    }
}

BOOST_AUTO_TEST_CASE(wrong_scenes_are_refused_with_the_line) {
    const test::TemporaryFolder folder;
    write_file(folder.path() / "bead.yaml", bead_phantom);
    const auto refused = [&](const std::string& from, const std::string& to, ErrorCode code,
                             const std::string& expected) {
        try {
            (void)parse_scene(test::replaced(good_scene, from, to), "scene.yaml", folder.path());
            BOOST_ERROR("accepted: " << to);
        } catch (const Error& error) {
            BOOST_TEST((error.code() == code), error.what());
            BOOST_TEST(std::string(error.what()).find(expected) != std::string::npos,
                       error.what() << " lacks " << expected);
            BOOST_TEST(error.context().starts_with("scene.yaml:"), error.what());
        }
    };
    const auto invalid = ErrorCode::invalid_file;
    refused("bead.yaml", "gone.yaml", ErrorCode::io, "gone.yaml");
    refused("    pose: { translation_mm: [0, 0, 30] }\n", "", invalid, "found none");
    refused("    pose: {", "    screw: { axis: [1, 0, 0] }\n    pose: {", invalid, "several");
    refused("pose: { translation_mm: [0, 0, 30] }", "poses: [ { time_s: 1 }, { time_s: 1 } ]",
            invalid, "ascend");
    refused("pose: { translation_mm: [0, 0, 30] }", "poses: []", invalid, "at least one pose");
    refused("axis: [0, 0, 2]", "axis: [0, 0, 0]", invalid, "axis");
    refused("name: moving", "name: fixed", invalid, "fixed");
    refused("rate_hz: 100", "rate_hz: 0", invalid, "rate_hz");
    refused("frames: 3", "frames: 0", invalid, "frames");
    refused("turn_deg_per_s: 90", "turn_deg: 90", invalid, "turn_deg");
    refused(
        "    solids:\n      - { name: block, shape: box, size_mm: [20, 20, 20], material: abs }\n",
        "", invalid, "made of");
    refused("name: two bodies", "name: two bodies\ncolour: red", invalid, "colour");
    refused("    pose: {", "    ct: { file: gone.mha }\n    pose: {", ErrorCode::io, "gone.mha");
    BOOST_CHECK_THROW((void)parse_scene("schema: stereodrr/scene/v1\nname: x\n", "s", "."), Error);
    BOOST_CHECK_THROW(validate(ListedMotion{}), Error);
    BOOST_CHECK_THROW(validate(ListedMotion{{{1.0, {}}, {0.5, {}}}}), Error);
    BOOST_CHECK_THROW(Scene{}.validate(), Error);
}
