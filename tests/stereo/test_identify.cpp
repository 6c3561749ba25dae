#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <stereo/identify/identify.hpp>

#include <numbers>

using namespace drr;
using namespace stereo;

namespace {

MarkerConstellation lego_cube(bool with_references) {
    MarkerConstellation c;
    for (int x = 0; x < 4; ++x)
        for (int y = 0; y < 4; ++y)
            for (int z = 0; z < 4; ++z)
                c.beads_mm.push_back(40.0 *
                                     (Eigen::Vector3d(x, y, z) - Eigen::Vector3d::Constant(1.5)));
    if (with_references)
        c.references_mm = {
            {66.0, -50.0, 47.0}, {-48.0, 67.0, 30.0}, {55.0, 44.0, -69.0}, {-68.0, -52.0, -20.0}};
    return c;
}

struct Scene {
    std::vector<ViewBlobs> blobs;
    std::vector<std::vector<int>> truth;  // marker of each blob, -1 for a false one
    std::vector<NominalView> nominal;
};

struct SceneOptions {
    double angle_deg = 6.0;
    double nominal_error = 0.05;
    double missing = 0.0;
    int false_blobs = 0;
};

Scene make_scene(const MarkerConstellation& c, std::uint64_t seed, const SceneOptions& options) {
    Rng rng({.seed = seed});
    StereoRigSpec spec;
    spec.stereo_angle_rad = options.angle_deg * std::numbers::pi / 180.0;
    StereoRigSpec told = spec;
    told.sdd_mm *= 1.0 + options.nominal_error * rng.uniform(-1.0, 1.0);
    told.stereo_angle_rad *= 1.0 + options.nominal_error * rng.uniform(-1.0, 1.0);
    const auto rig = make_stereo_rig(spec);
    const auto told_rig = make_stereo_rig(told);
    const Eigen::Quaterniond any(rng.normal(), rng.normal(), rng.normal(), rng.normal());
    const Rigid3 pose(any.normalized(),
                      {rng.uniform(-10, 10), rng.uniform(-30, 30), rng.uniform(-10, 10)});
    Scene scene;
    for (std::size_t v = 0; v < 2; ++v) {
        std::vector<std::pair<Eigen::Vector2d, int>> found;
        const auto markers = c.all_mm();
        for (std::size_t i = 0; i < markers.size(); ++i) {
            const Eigen::Vector2d pixel = rig[v].project(pose * markers[i]);
            if (rng.uniform() < options.missing || pixel.minCoeff() < 0.0 ||
                pixel.maxCoeff() > 1023.0)
                continue;
            found.emplace_back(pixel + Eigen::Vector2d(0.05 * rng.normal(), 0.05 * rng.normal()),
                               static_cast<int>(i));
        }
        for (int i = 0; i < options.false_blobs; ++i)
            found.emplace_back(Eigen::Vector2d(rng.uniform(0, 1023), rng.uniform(0, 1023)), -1);
        std::sort(found.begin(), found.end(),
                  [](const auto& a, const auto& b) { return a.first.y() < b.first.y(); });
        scene.blobs.emplace_back();
        scene.truth.emplace_back();
        for (const auto& [pixel, marker] : found) {
            scene.blobs.back().centers_px.push_back(pixel);
            scene.truth.back().push_back(marker);
        }
        const CalibratedView view = told_rig[v].calibrated();
        scene.nominal.push_back({view.pinhole, view.view_from_world.rotation, 1024, 1024});
    }
    return scene;
}

struct Count {
    int named = 0;
    int wrong = 0;
};

Count count(const Scene& scene, const IdentifyResult& result) {
    Count c;
    for (std::size_t v = 0; v < result.views.size(); ++v)
        for (std::size_t i = 0; i < scene.truth[v].size(); ++i) {
            const int named = result.views[v].marker_of_blob[i];
            if (named < 0) continue;
            ++c.named;
            if (named != scene.truth[v][i]) ++c.wrong;
        }
    return c;
}

}  // namespace

BOOST_AUTO_TEST_CASE(symmetries_of_known_bodies) {
    BOOST_TEST(bead_symmetries(lego_cube(false).beads_mm).size() == 24);
    std::vector<Eigen::Vector3d> box;  // three different edges: the 4 rotations of D2
    for (const double x : {-10.0, 10.0})
        for (const double y : {-15.0, 15.0})
            for (const double z : {-25.0, 25.0})
                box.emplace_back(x, y, z);
    BOOST_TEST(bead_symmetries(box).size() == 4);
    box.emplace_back(3.0, 4.0, 5.0);
    BOOST_TEST(bead_symmetries(box).size() == 1);
    BOOST_TEST(bead_symmetries({{0, 0, 0}, {1, 0, 0}, {2, 0, 0}}).size() == 1);
    // Each symmetry does to the beads what it says.
    const auto beads = lego_cube(false).beads_mm;
    for (const auto& s : bead_symmetries(beads))
        for (std::size_t i = 0; i < beads.size(); ++i)
            BOOST_TEST((s.rotation * beads[i] - beads[static_cast<std::size_t>(s.image_of_bead[i])])
                           .norm() < 1e-9);
}

BOOST_AUTO_TEST_CASE(a_lattice_shifted_by_a_step_is_a_near_symmetry) {
    // 24 rotations, each alone and with a shift by (1,0,0), (1,1,0) or (2,0,0) and their like: 6 +
    // 12
    // + 6 of them keep half of the beads or more.
    BOOST_TEST(near_symmetries(lego_cube(false).beads_mm).size() == 24 * 25);
}

BOOST_AUTO_TEST_CASE(fewer_than_six_beads_get_a_clear_answer) {
    MarkerConstellation five;
    five.beads_mm = {{0, 0, 0}, {20, 0, 0}, {0, 30, 0}, {0, 0, 40}, {50, 10, 20}};
    const Scene scene = make_scene(five, 1, {});
    const IdentifyResult result = identify_markers(scene.blobs, five, scene.nominal);
    BOOST_TEST(!result.ok);
    BOOST_TEST(result.summary == "the phantom has 5 beads, 6 are needed");
}

BOOST_AUTO_TEST_CASE(beads_on_one_line_are_never_certain) {
    MarkerConstellation wand;
    for (const double x : {-80.0, -47.0, -21.0, 3.0, 36.0, 75.0, 90.0})
        wand.beads_mm.emplace_back(x, 0.0, 0.0);
    const Scene scene = make_scene(wand, 1, {});
    const IdentifyResult result = identify_markers(scene.blobs, wand, scene.nominal);
    BOOST_TEST(!result.ok);
    BOOST_TEST(!result.summary.empty());
}

// 10 random orientations each: none wrong, and at least nine in ten certain (lattice planes seen
// edge-on hide too many beads behind each other).
BOOST_AUTO_TEST_CASE(beads_of_a_regular_lattice_are_named) {
    const auto cube = lego_cube(true);
    for (const double angle : {6.0, 30.0, 90.0}) {
        int certain = 0;
        constexpr std::uint64_t cases = 10;
        for (std::uint64_t seed = 0; seed < cases; ++seed) {
            const Scene scene = make_scene(cube, seed, {.angle_deg = angle});
            const IdentifyResult result = identify_markers(scene.blobs, cube, scene.nominal);
            const Count c = count(scene, result);
            BOOST_TEST(c.wrong == 0,
                       "angle " << angle << " seed " << seed << ": " << result.summary);
            if (result.ok) {
                ++certain;
                BOOST_TEST(c.named > 80);
            } else
                BOOST_TEST_MESSAGE("angle " << angle << " seed " << seed << ": " << result.summary);
        }
        BOOST_TEST_MESSAGE("angle " << angle << ": " << certain << " of " << cases << " certain");
        BOOST_TEST(certain >= 9);
    }
}

BOOST_AUTO_TEST_CASE(a_lattice_without_references_is_called_ambiguous) {
    const auto cube = lego_cube(false);
    const Scene scene = make_scene(cube, 3, {});
    const IdentifyResult result = identify_markers(scene.blobs, cube, scene.nominal);
    BOOST_TEST(!result.ok);
    BOOST_TEST(result.ambiguous);
    BOOST_TEST(result.rivals.size() == 24);
    BOOST_TEST(count(scene, result).named == 0);
}

BOOST_AUTO_TEST_CASE(missing_beads_and_false_detections_are_survived) {
    const auto cube = lego_cube(true);
    int certain = 0;
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        const Scene scene = make_scene(cube, seed, {.missing = 0.1, .false_blobs = 6});
        const IdentifyResult result = identify_markers(scene.blobs, cube, scene.nominal);
        const Count c = count(scene, result);
        // A false blob may lie within the gate of an unseen bead; the bundle rejects those.
        BOOST_TEST(c.wrong <= 1, "seed " << seed << ": " << result.summary);
        certain += result.ok ? 1 : 0;
    }
    BOOST_TEST_MESSAGE(certain << " of 8 certain");
    BOOST_TEST(certain >= 7);
}

BOOST_AUTO_TEST_CASE(too_little_to_see_is_said) {
    const auto cube = lego_cube(true);
    Scene scene = make_scene(cube, 1, {});
    scene.blobs[1].centers_px.resize(4);
    BOOST_TEST(!identify_markers(scene.blobs, cube, scene.nominal).ok);
    Rng rng({.seed = 1});
    for (auto& view : scene.blobs) {
        view.centers_px.clear();
        for (int i = 0; i < 64; ++i)
            view.centers_px.emplace_back(rng.uniform(0, 1023), rng.uniform(0, 1023));
    }
    BOOST_TEST(!identify_markers(scene.blobs, cube, scene.nominal).ok);
    auto no_number = scene.blobs;
    no_number[1].centers_px[0].x() = std::numeric_limits<double>::quiet_NaN();
    BOOST_CHECK_THROW((void)identify_markers(no_number, cube, scene.nominal), drr::Error);
    BOOST_CHECK_THROW((void)identify_markers(std::span(scene.blobs).first(1), cube, scene.nominal),
                      Error);
}
