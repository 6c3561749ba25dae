// Phantoms as volumes in HU.
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/core/rng.hpp>
#include <drr/phantom/extent.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/projector/analytic.hpp>
#include <drr/projector/joseph.hpp>
#include <drr/projector/voxelize.hpp>

#include <cmath>
#include <vector>

using namespace drr;
using Eigen::Vector3d;

namespace {

constexpr double energy_kev = 60.0;

MarkerPhantom of(std::vector<SolidPart> bodies) {
    MarkerPhantom phantom;
    phantom.name = "bodies";
    phantom.bodies = std::move(bodies);
    return phantom;
}

VoxelizeOptions options(double voxel_mm, int lines_across = 4) {
    VoxelizeOptions result;
    result.voxel_mm = voxel_mm;
    result.energy_kev = energy_kev;
    result.lines_across = lines_across;
    return result;
}

// Integral of the attenuation over the volume, mm3 / mm.
double attenuation_mass(const CtVolume& volume) {
    double sum = 0.0;
    for (const float hu : volume.hu)
        sum += (double(hu) + 1000.0) / 1000.0;
    return sum * volume.spacing_mm.prod() * attenuation_per_mm("water", energy_kev);
}

double attenuation_mass(const MarkerPhantom& phantom) {
    double sum = 0.0;
    for (const SolidPart& part : solid_parts(phantom))
        sum += part.sign * volume_mm3(part.shape) * attenuation_per_mm(part.material, energy_kev);
    return sum;
}

// Off the grid in place and direction.
const Rigid3 pose{rotation_from_vector({0.3, -0.7, 0.2}), {1.23, -4.56, 7.89}};

}  // namespace

BOOST_AUTO_TEST_CASE(voxels_have_the_hu_of_their_material) {
    const CtVolume volume =
        voxelize_phantom(of({{"block", {Box{{20.0, 10.0, 4.0}}, {}}, "abs", 1},
                             {"hole", {Box{{4.0, 10.0, 4.0}}, {}}, "abs", -1},
                             {"plug", {Box{{1.0, 10.0, 4.0}}, {}}, "steel", 1}}),
                         options(2.0));
    BOOST_TEST((volume.sizes == std::array<int, 3>{12, 7, 4}));  // and one of air on each side
    BOOST_TEST((volume.origin_mm == Vector3d(-11.0, -6.0, -3.0)));
    const auto hu = [&](const char* material) {
        return hounsfield(attenuation_per_mm(material, energy_kev),
                          attenuation_per_mm("water", energy_kev));
    };
    const auto float_rounding = boost::test_tools::tolerance(1e-5);
    BOOST_TEST(double(volume.at(1, 1, 1)) == hu("abs"), float_rounding);
    BOOST_TEST(double(volume.at(0, 3, 2)) == -1000.0, float_rounding);
    BOOST_TEST(double(volume.at(3, 3, 3)) == -1000.0, float_rounding);
    // The hole spans four voxels from -4 to 4, of which the plug's -0.5 to 0.5 fills a quarter of
    // two.
    BOOST_TEST(double(volume.at(4, 3, 1)) == hu("abs"), float_rounding);
    BOOST_TEST(double(volume.at(5, 3, 1)) == 0.75 * -1000.0 + 0.25 * hu("steel"), float_rounding);
    BOOST_TEST(double(volume.at(6, 3, 1)) == 0.75 * -1000.0 + 0.25 * hu("steel"), float_rounding);
    BOOST_TEST(hu("steel") > 3e4);
}

// Closed form: the volumes of the bodies. The lines are a quadrature that converges to it.
BOOST_AUTO_TEST_CASE(the_mass_is_that_of_the_bodies) {
    const MarkerPhantom phantom = of({{"box", {Box{{9.0, 7.0, 5.0}}, pose}, "abs", 1},
                                      {"bore", {Cylinder{1.5, 5.0}, pose}, "abs", -1},
                                      {"ball", {Sphere{1.0}, pose}, "tantalum", 1}});
    const double exact = attenuation_mass(phantom);
    double last = INFINITY;
    for (const int lines : {1, 4, 16}) {
        const double error = std::abs(
            attenuation_mass(voxelize_phantom(phantom, options(0.5, lines))) / exact - 1.0);
        BOOST_TEST_MESSAGE(lines << " lines: " << error);
        BOOST_TEST(error < 0.5 * last);  // order 1 would give 0.25, order 2 0.06
        last = error;
    }
    // 1/32 mm between lines through a ball of 1 mm; the square of that is 0.001
    BOOST_TEST(last < 0.5e-3);
}

// Bricks lie along the axes: a wall of 1.5 mm keeps its mass in voxels of 1 mm. Floats of HU leave
// 1e-7 a voxel.
BOOST_AUTO_TEST_CASE(walls_along_the_axes_keep_their_mass) {
    const MarkerPhantom shell = of({{"box", {Box{{31.8, 15.8, 9.6}}, {}}, "abs", 1},
                                    {"cavity", {Box{{28.8, 12.8, 8.6}}, {}}, "abs", -1}});
    BOOST_TEST(attenuation_mass(voxelize_phantom(shell, options(1.0))) == attenuation_mass(shell),
               boost::test_tools::tolerance(1e-6));
}

// Studs, tubes and beads are round, as the ball above.
BOOST_AUTO_TEST_CASE(a_cube_of_bricks_keeps_its_mass) {
    const MarkerPhantom cube = read_phantom(test::phantoms() / "small_lego_cube.yaml");
    BOOST_TEST(attenuation_mass(voxelize_phantom(cube, options(1.0))) == attenuation_mass(cube),
               boost::test_tools::tolerance(1e-3));
}

// The two projectors share nothing but the geometry. What is left is that of voxels: it falls as
// they get smaller.
BOOST_AUTO_TEST_CASE(the_volume_projects_as_the_phantom_does) {
    const MarkerPhantom phantom = of({{"ball", {Sphere{10.0}, pose}, "water", 1},
                                      {"core", {Sphere{4.0}, pose}, "water", -1},
                                      {"rod", {Cylinder{2.0, 30.0}, pose}, "water", 1}});
    XrayView view;
    view.sdd_mm = 1200.0;
    view.pixel_pitch_mm = {0.5, 0.5};
    view.width_px = 96;
    view.height_px = 96;
    view.principal_point_px = {47.5, 47.5};
    view.view_from_world = Rigid3(rotation_from_vector({0.4, 0.5, -0.6}), {2.0, -1.0, 900.0});
    const Image<float> exact =
        AnalyticProjector(place_phantom(phantom, {}, energy_kev)).line_integrals(view);
    std::vector<double> rms;
    for (const double voxel_mm : {2.0, 1.0, 0.5}) {
        const HuToMu rule = water_rule(attenuation_per_mm("water", energy_kev));
        const CtVolume volume = voxelize_phantom(phantom, options(voxel_mm));
        const Image<float> image = JosephProjector(mu_volume(volume, rule)).line_integrals(view);
        double squares = 0.0;
        double signal = 0.0;
        for (std::size_t n = 0; n < image.size(); ++n) {
            squares += std::pow(double(image.pixels()[n]) - double(exact.pixels()[n]), 2.0);
            signal += std::pow(double(exact.pixels()[n]), 2.0);
        }
        rms.push_back(std::sqrt(squares / signal));
        BOOST_TEST_MESSAGE(voxel_mm << " mm: " << rms.back());
    }
    // Edges of images: a share of pixels in proportion to the voxel, off by its root.
    BOOST_TEST(rms[1] < 0.6 * rms[0]);
    BOOST_TEST(rms[2] < 0.6 * rms[1]);
    BOOST_TEST(rms[2] < 0.03);
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_it_and_progress_is_told) {
    const MarkerPhantom phantom = of({{"ball", {Sphere{5.0}, pose}, "abs", 1}});
    std::size_t calls = 0;
    std::size_t last = 0;
    VoxelizeOptions told = options(0.5);
    told.progress = [&](std::string_view, std::size_t done, std::size_t total) {
        ++calls;
        last = done;
        BOOST_TEST(done <= total);
    };
    const CtVolume all = voxelize_phantom(phantom, told);
    BOOST_TEST(calls == static_cast<std::size_t>(all.sizes[2]));
    BOOST_TEST(last == calls);
    const ThreadLimit limit(1);
    BOOST_TEST((voxelize_phantom(phantom, options(0.5)).hu == all.hu));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_done_is_refused) {
    const MarkerPhantom phantom = of({{"ball", {Sphere{5.0}, {}}, "abs", 1}});
    BOOST_CHECK_THROW((void)voxelize_phantom(phantom, options(0.0)), Error);
    BOOST_CHECK_THROW((void)voxelize_phantom(phantom, options(0.5, 0)), Error);
    BOOST_CHECK_THROW((void)voxelize_phantom(phantom, options(1e-9)), Error);
    BOOST_CHECK_THROW((void)voxelize_phantom(of({}), options(0.5)), Error);
    BOOST_CHECK_THROW(
        (void)voxelize_phantom(of({{"b", {Sphere{5.0}, {}}, "cheese", 1}}), options(0.5)), Error);
    VoxelizeOptions soft = options(0.5);
    soft.energy_kev = 1.0;
    BOOST_CHECK_THROW((void)voxelize_phantom(phantom, soft), Error);
}
