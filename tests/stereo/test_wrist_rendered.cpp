#include "radiograph_measures.hpp"
#include "test.hpp"

#include <drr/imaging/image_io.hpp>
#include <drr/imaging/primary.hpp>
#include <drr/imaging/radiograph.hpp>
#include <drr/projector/path_lengths.hpp>
#include <stereo/calib/calibration_io.hpp>

#include <Eigen/Geometry>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace drr;
using Eigen::Vector2d;
using Eigen::Vector3d;

// A forearm with the beads of the real biplane wrist, rendered through the laboratory's calibration
// and measured as the real images are (docs/physics.md, "Beside real radiographs").

namespace {

// Fitted by hand to the noise, its correlation and the beads' depth.
constexpr double spread_length_px = 0.9;
constexpr double photons_per_pixel = 450.0;
constexpr double scatter_ratio = 0.5;

// Chosen from the noise too: photons alone make its sd grow with grey^(1 - 1 / (2 exponent)), and
// that of the real images grows with a power of 0.3 to 0.45.
constexpr double tone_exponent = 0.7;

// Guessed: nothing is known of the exposure and of the size of a pixel.
constexpr double pixel_pitch_mm = 0.2;
constexpr double tube_kv = 65.0;
constexpr double aluminium_mm = 2.5;
constexpr double focal_spot_mm = 1.4;  // a large focus, nominally 1 mm; 0.6 left edges sharper yet
constexpr double scatter_sigma_mm = 30.0;
constexpr double bead_radius_mm = 0.5;
const std::string bead_material = "tantalum";

constexpr double white = 255.0;
// 0.5 mm is 3.1 px on the image; a little blur added.
constexpr double bead_radius_px = 3.4;
// Backgrounds from here on are skin and air, which the real images clip.
constexpr float saturated = 250.0F;
constexpr int window_px = 640;
// The first pixels of the windows of both cameras that hold beads and forearm.
const std::array<Eigen::Vector2i, 2> window_corner_px = {Eigen::Vector2i(630, 900),
                                                         Eigen::Vector2i(330, 900)};

struct Bead {
    char cluster;
    std::array<Vector2d, 2> pixel;
    Vector3d point_in_world_mm;
};

std::filesystem::path folder() {
    return test::realdata() / "biplane/wrist";
}

std::vector<Bead> beads_of_first_pose() {
    std::ifstream stream(folder() / "beads-reference.csv");
    std::vector<Bead> beads;
    std::string line;
    while (std::getline(stream, line)) {
        if (line.rfind("0002,", 0) != 0) continue;
        std::istringstream words(line.substr(5));
        Bead bead{};
        char comma = 0;
        int number = 0;
        double sampson = 0.0;
        Vector3d& p = bead.point_in_world_mm;
        words >> bead.cluster >> comma >> number;
        for (Vector2d& pixel : bead.pixel)
            words >> comma >> pixel.x() >> comma >> pixel.y();
        words >> comma >> sampson >> comma >> p.x() >> comma >> p.y() >> comma >> p.z();
        BOOST_REQUIRE(words);
        beads.push_back(bead);
    }
    BOOST_REQUIRE(beads.size() == 17U);
    return beads;
}

XrayView view_of(std::size_t camera) {
    const CalibratedView lab =
        stereo::read_mayacam2(folder() /
                              ("xr_calib_wrist_cam0" + std::to_string(camera + 1) + ".txt"))
            .view;
    XrayView view;
    view.view_from_world = lab.view_from_world;
    view.sdd_mm = lab.pinhole.fx_px * pixel_pitch_mm;
    view.pixel_pitch_mm = {pixel_pitch_mm, view.sdd_mm / lab.pinhole.fy_px};
    // This calibration's pixels count from the corner of the first one (test_wrist.cpp).
    view.principal_point_px = Vector2d(lab.pinhole.cx_px - 0.5, lab.pinhole.cy_px - 0.5) -
                              window_corner_px[camera].cast<double>();
    view.width_px = window_px;
    view.height_px = window_px;
    return view;
}

Image<float> real_window(std::size_t camera) {
    const Image<float> whole =
        read_grey_image(folder() /
                        ("xr_rad_uln_cam0" + std::to_string(camera + 1) + "_UND.0002.tif"))
            .pixels;
    Image<float> window(window_px, window_px);
    for (int v = 0; v < window_px; ++v)
        for (int u = 0; u < window_px; ++u)
            window(u, v) =
                whole(window_corner_px[camera].x() + u, window_corner_px[camera].y() + v);
    return window;
}

// Forearm and hand as two round bodies of soft tissue, end to end along the axis that both images
// show, with tubes of cortical bone, and the beads where they were triangulated.
std::vector<SolidPart> wrist(const std::vector<Bead>& beads) {
    const Vector3d joint_mm(108.5, 118.7, 79.5);
    const Vector3d along(-0.0684, 0.9954, 0.0676);
    const Eigen::Quaterniond turn = Eigen::Quaterniond::FromTwoVectors(Vector3d::UnitZ(), along);
    std::vector<SolidPart> solids;
    // `from` and `to` along the axis from the joint; `aside` in world x and z.
    const auto add_rod = [&](const std::string& material, int sign, double radius, double from,
                             double to, const Vector2d& aside) {
        const Vector3d middle =
            joint_mm + 0.5 * (from + to) * along.normalized() + Vector3d(aside.x(), 0.0, aside.y());
        solids.push_back({"", {Cylinder{radius, to - from}, {turn, middle}}, material, sign});
    };
    const auto add_bone = [&](double radius, double cortex, double from, double to,
                              const Vector2d& aside) {
        add_rod("soft_tissue", -1, radius, from, to, aside);
        add_rod("cortical_bone", 1, radius, from, to, aside);
        add_rod("cortical_bone", -1, radius - cortex, from, to, aside);
        add_rod("soft_tissue", 1, radius - cortex, from, to, aside);
    };
    add_rod("soft_tissue", 1, 26.0, 0.0, 130.0, {7.0, 0.0});
    add_bone(7.0, 2.5, 0.5, 129.5, {7.0, 12.0});
    add_bone(8.5, 2.5, 0.5, 129.5, {7.0, -9.0});
    add_rod("soft_tissue", 1, 24.0, -90.0, 0.0, {26.0, -20.0});
    for (const Vector2d& aside :
         {Vector2d(18.0, -28.0), Vector2d(18.0, -12.0), Vector2d(34.0, -8.0)})
        add_bone(5.0, 2.0, -89.5, -0.5, aside);
    for (const Bead& bead : beads) {
        const Shape ball{Sphere{bead_radius_mm},
                         {Eigen::Quaterniond::Identity(), bead.point_in_world_mm}};
        solids.push_back({"", ball, "soft_tissue", -1});
        solids.push_back({"", ball, bead_material, 1});
    }
    return solids;
}

Image<float> rendered_window(std::size_t camera, const std::vector<SolidPart>& solids) {
    const XrayView view = view_of(camera);
    TubeBeam beam;
    beam.tube.voltage_kv = tube_kv;
    beam.tube.filters = {{find_material("aluminium"), aluminium_mm}};
    const PolychromaticBeam materials =
        make_beam(beam, {find_material("soft_tissue"), find_material("cortical_bone"),
                         find_material(bead_material)});
    const SignalImages primary = primary_signal(
        [&](const XrayView& from) { return path_lengths(solids, from); }, view, materials,
        {.size_mm = {focal_spot_mm, focal_spot_mm}, .shape = SpotShape::gaussian});

    RadiographOptions options;
    options.beam = beam;
    options.photons_per_pixel = photons_per_pixel;
    options.scatter = Scatter{.ratio = scatter_ratio, .sigma_mm = scatter_sigma_mm};
    options.point_spread = PointSpread{ExponentialSpread{spread_length_px}, 1};
    const Image<std::uint16_t> signal = form_radiograph(
        primary, options, view, {.seed = 2, .view = static_cast<std::uint16_t>(camera)});
    Image<float> grey(window_px, window_px);
    std::transform(signal.pixels().begin(), signal.pixels().end(), grey.pixels().begin(),
                   [&](std::uint16_t value) {
                       const double share = value / options.open_beam_grey;
                       return static_cast<float>(
                           std::round(std::min(white, white * std::pow(share, tone_exponent))));
                   });
    return grey;
}

}  // namespace

BOOST_AUTO_TEST_CASE(beads_and_noise_look_like_the_real_ones) {
    const std::vector<Bead> beads = beads_of_first_pose();
    const std::vector<SolidPart> solids = wrist(beads);
    const std::array<std::string, 2> names = {"real", "rendered"};
    std::array<std::vector<Image<float>>, 2> images;
    for (std::size_t camera = 0; camera < 2; ++camera) {
        images[0].push_back(real_window(camera));
        images[1].push_back(rendered_window(camera, solids));
    }

    // The thickness of the wrist and where its tissue scatters are guesses.
    constexpr double depth_tolerance = 0.08;
    // A tenth of a bead.
    constexpr double radius_tolerance_px = 0.3;
    // The real edges are softer, by what the images hold of motion and resampling.
    constexpr double edge_tolerance = 0.25;
    for (std::size_t camera = 0; camera < 2; ++camera)
        for (const std::string cluster : {"A", "B", "C", "ABC"}) {
            std::array<test::BeadProfile, 2> profiles;
            for (std::size_t kind = 0; kind < 2; ++kind) {
                const CalibratedView view = view_of(camera).calibrated();
                std::vector<Vector2d> centers;
                for (const Bead& bead : beads)
                    if (cluster.find(bead.cluster) != std::string::npos)
                        centers.push_back(kind == 0 ? bead.pixel[camera] -
                                                          window_corner_px[camera].cast<double>()
                                                    : view.project(bead.point_in_world_mm));
                const test::BeadProfile profile =
                    test::bead_profile(images[kind][camera], centers, bead_radius_px, saturated);
                BOOST_TEST_MESSAGE("bead " << names[kind] << ' ' << camera + 1 << ' ' << cluster
                                           << ' ' << profile.beads << ' ' << profile.background
                                           << ' ' << profile.depth() << ' '
                                           << profile.radius_px(0.5) << ' ' << profile.edge_px());
                for (std::size_t i = 0; i < profile.shade.size(); ++i)
                    BOOST_TEST_MESSAGE(
                        "profile " << names[kind] << ' ' << camera + 1 << ' ' << cluster << ' '
                                   << (static_cast<double>(i) + 0.5) * test::BeadProfile::step_px
                                   << ' ' << profile.shade[i]);
                profiles[kind] = profile;
            }
            const auto& [real, rendered] = profiles;
            // The hand that cluster C lies in is much thicker than the rendered one.
            if (cluster == "A" || cluster == "B")
                BOOST_TEST(std::abs(rendered.depth() - real.depth()) <= depth_tolerance,
                           "camera " << camera + 1 << ", beads " << cluster);
            if (cluster != "C")
                BOOST_TEST(
                    std::abs(rendered.radius_px(0.5) - real.radius_px(0.5)) <= radius_tolerance_px,
                    "camera " << camera + 1 << ", beads " << cluster);
            if (cluster == "ABC")
                BOOST_TEST(std::abs(rendered.edge_px() / real.edge_px() - 1.0) <= edge_tolerance,
                           "camera " << camera + 1);
        }

    constexpr double noise_tolerance = 0.15;
    // Of a correlation; that of 20 x 20 pixels has an error of 0.05, and some 60 tiles are taken.
    constexpr double correlation_tolerance = 0.1;
    constexpr std::array<double, 3> ranges = {80.0, 120.0, 160.0};
    for (std::size_t range = 0; range + 1 < ranges.size(); ++range) {
        std::array<test::Noise, 2> noise;
        for (std::size_t kind = 0; kind < 2; ++kind) {
            noise[kind] = test::noise_of(images[kind], ranges[range], ranges[range + 1]);
            BOOST_REQUIRE(noise[kind].tiles >= 20U);
            std::ostringstream text;
            for (const double correlation : noise[kind].correlation)
                text << ' ' << correlation;
            BOOST_TEST_MESSAGE("noise " << names[kind] << ' ' << ranges[range] << ' '
                                        << ranges[range + 1] << ' ' << noise[kind].tiles << ' '
                                        << noise[kind].sd << text.str());
        }
        const auto& [real, rendered] = noise;
        BOOST_TEST(std::abs(rendered.sd / real.sd - 1.0) <= noise_tolerance);
        // Farther pixels of the real images are still correlated, which the model does not have.
        for (const std::size_t lag : {0U, 1U})
            BOOST_TEST(std::abs(rendered.correlation[lag] - real.correlation[lag]) <=
                           correlation_tolerance,
                       "pixels " << lag + 1 << " apart");
    }
}
