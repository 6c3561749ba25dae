#include "test.hpp"

#include <drr/core/rng.hpp>
#include <drr/geometry/rigid3.hpp>
#include <drr/volume/slice_stack.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace {

using namespace drr;
using Eigen::Matrix3d;
using Eigen::Vector2d;
using Eigen::Vector3d;

SliceGrid small_grid(const Matrix3d& axes = Matrix3d::Identity()) {
    return {7, 6, Vector2d(1.5, 2.0), axes.col(0), axes.col(1)};
}

/// Slices at these heights along the normal, in a scrambled order.
std::vector<Vector3d> scrambled(const std::vector<double>& heights_mm,
                                const Matrix3d& axes = Matrix3d::Identity(),
                                const Vector2d& shear = Vector2d::Zero()) {
    std::vector<Vector3d> positions;
    std::vector<double> order;  // every second upwards, then the others downwards
    for (std::size_t n = 0; n < heights_mm.size(); n += 2)
        order.push_back(heights_mm[n]);
    for (std::size_t n = heights_mm.size() / 2; n-- > 0;)
        order.push_back(heights_mm[2 * n + 1]);
    for (const double height : order)
        positions.push_back(axes * Vector3d(shear.x() * height, shear.y() * height, height));
    return positions;
}

/// Measures, plans and fills with a function of the world.
CtVolume stacked(const SliceGrid& grid, const std::vector<Vector3d>& positions_mm,
                 const std::function<double(const Vector3d&)>& hu_at,
                 const StackOptions& options = {}) {
    SliceStack stack = plan_stack(grid, measure_stack(grid, positions_mm), options);
    for (std::size_t s = 0; s < positions_mm.size(); ++s) {
        std::vector<float> hu;
        for (int j = 0; j < grid.rows; ++j)
            for (int i = 0; i < grid.columns; ++i)
                hu.push_back(float(hu_at(positions_mm[stack.geometry.order[s]] +
                                         i * grid.spacing_mm.x() * grid.i_axis +
                                         j * grid.spacing_mm.y() * grid.j_axis)));
        place_slice(stack, s, grid, hu);
    }
    stack.volume.validate();
    return stack.volume;
}

std::vector<double> heights(const std::vector<double>& steps_mm) {
    std::vector<double> result{3.0};
    for (const double step : steps_mm)
        result.push_back(result.back() + step);
    return result;
}

StackGeometry measured(const std::vector<double>& steps_mm) {
    return measure_stack(small_grid(), scrambled(heights(steps_mm)));
}

// Values reach 2000 HU; a float has 24 bits and is rounded a few times.
constexpr double float_rounding_hu = 2000.0 * 4.0 / (1 << 24);

bool is_an_error(const std::function<void()>& body, ErrorCode code, const std::string& part) {
    try {
        body();
    } catch (const Error& error) {
        return error.code() == code && error.message().find(part) != std::string::npos;
    }
    return false;
}

}  // namespace

// Interpolation between neighbours reproduces a function that is linear in the world, if each slice
// and each plane are where the volume says. Any unevenness, any orientation.
BOOST_AUTO_TEST_CASE(a_linear_ramp_is_reproduced_by_uneven_slices) {
    Rng random(RngKey{.seed = 3});
    for (int trial = 0; trial < 20; ++trial) {
        const Matrix3d axes =
            rotation_from_vector({3 * random.uniform(), random.uniform(), -2 * random.uniform()})
                .toRotationMatrix();
        std::vector<double> steps;
        for (int n = 0; n < 12; ++n)
            steps.push_back(1.0 + random.uniform());
        const Vector3d slope(7.0, -11.0, 23.0);
        const auto ramp = [&](const Vector3d& p) { return 40.0 + slope.dot(p); };
        StackOptions options;
        options.fill_missing = true;  // a step may be above 1.5 medians
        const std::vector<Vector3d> positions = scrambled(heights(steps), axes);
        const SliceGrid grid = small_grid(axes);
        const CtVolume volume = stacked(grid, positions, ramp, options);
        double worst = 0.0;
        for (int k = 0; k < volume.sizes[2]; ++k)
            for (int j = 0; j < volume.sizes[1]; ++j)
                for (int i = 0; i < volume.sizes[0]; ++i)
                    worst =
                        std::max(worst, std::abs(double(volume.at(i, j, k)) -
                                                 ramp(volume.world_from_index(Vector3d(i, j, k)))));
        BOOST_TEST(worst < float_rounding_hu);

        // Nothing is cut off, and no slice is lost: each lies within one plane's distance of the
        // planes that it has a share in.
        const SliceStack stack = plan_stack(grid, measure_stack(grid, positions), options);
        BOOST_TEST(stack.resampled);
        BOOST_TEST(stack.slice_of_plane.front() == 0.0);
        BOOST_TEST(stack.slice_of_plane.back() == 12.0);
        for (std::size_t s = 0; s <= steps.size(); ++s)
            BOOST_TEST(std::any_of(stack.slice_of_plane.begin(), stack.slice_of_plane.end(),
                                   [&](double at) { return std::abs(at - double(s)) < 1.0; }));
    }
}

// With a shear the planes are wider than the slices; away from the slices' edges the same holds.
BOOST_AUTO_TEST_CASE(a_linear_ramp_is_reproduced_by_uneven_sheared_slices) {
    const Vector2d shear(0.1, -0.3);
    const auto ramp = [](const Vector3d& p) { return 40.0 + 7.0 * p.x() - 9.0 * p.y() + p.z(); };
    const std::vector<double> steps{1.0, 1.3, 1.0, 0.8, 1.2, 1.0, 1.4};
    const CtVolume volume =
        stacked(small_grid(), scrambled(heights(steps), Matrix3d::Identity(), shear), ramp);
    int compared = 0;
    for (int k = 0; k < volume.sizes[2]; ++k)
        for (int j = 0; j < volume.sizes[1]; ++j)
            for (int i = 0; i < volume.sizes[0]; ++i) {
                const Vector3d p = volume.world_from_index(Vector3d(i, j, k));
                // Where both slices around p hold it: their shifts differ by 1.4 mm of height.
                const Vector2d in_slice = p.head<2>() - p.z() * shear;
                if (in_slice.x() < 0.2 || in_slice.x() > 8.8 || in_slice.y() < 0.5 ||
                    in_slice.y() > 9.5)
                    continue;
                ++compared;
                BOOST_TEST(std::abs(double(volume.at(i, j, k)) - ramp(p)) < float_rounding_hu);
            }
    BOOST_TEST(compared > 100);
}

BOOST_AUTO_TEST_CASE(air_between_slices_of_air_is_exactly_vacuum) {
    const std::vector<double> steps{1.0, 1.3, 1.0, 0.8, 1.2, 1.0, 1.4};
    const CtVolume volume = stacked(
        small_grid(), scrambled(heights(steps), Matrix3d::Identity(), Vector2d(0.123, -0.317)),
        [](const Vector3d&) { return -1000.0; });
    BOOST_TEST(
        std::all_of(volume.hu.begin(), volume.hu.end(), [](float hu) { return hu == -1000.0F; }));
}

// A protocol that goes from 2.5 to 5 mm: every slice is a plane, and every second plane of the
// coarse half lies between two.
BOOST_AUTO_TEST_CASE(a_stretch_of_coarser_spacing_is_no_gap) {
    const StackGeometry geometry = measured({2.5, 2.5, 2.5, 2.5, 2.5, 5.0, 5.0, 5.0});
    BOOST_TEST(!geometry.even);
    BOOST_TEST(geometry.gaps.empty());
    const SliceStack stack = plan_stack(small_grid(), geometry, {});
    BOOST_TEST(
        (stack.slice_of_plane == std::vector<double>{0, 1, 2, 3, 4, 5, 5.5, 6, 6.5, 7, 7.5, 8}));
    BOOST_TEST(stack.volume.spacing_mm.z() == 2.5, boost::test_tools::tolerance(1e-12));
    BOOST_TEST((stack.volume.origin_mm - Vector3d(0, 0, 3)).norm() < 1e-12);
}

BOOST_AUTO_TEST_CASE(positions_rounded_to_a_tenth_are_even) {
    std::vector<Vector3d> positions;
    for (int n = 0; n < 40; ++n)
        positions.emplace_back(0, 0, std::round(10 * 1.25 * n) / 10);
    const StackGeometry geometry = measure_stack(small_grid(), positions);
    BOOST_TEST(geometry.even);
    BOOST_TEST(!plan_stack(small_grid(), geometry, {}).resampled);
}

// Each step is within a few percent of the others, but halfway up the slices would be 2 mm off.
BOOST_AUTO_TEST_CASE(spacing_that_drifts_is_resampled) {
    std::vector<double> steps(80, 1.0);
    steps.resize(160, 1.05);
    const std::vector<Vector3d> positions = scrambled(heights(steps));
    const CtVolume volume =
        stacked(small_grid(), positions, [](const Vector3d& p) { return p.z(); });
    for (int k = 0; k < volume.sizes[2]; ++k)
        BOOST_TEST(std::abs(double(volume.at(3, 3, k)) -
                            volume.world_from_index(Vector3d(3, 3, k)).z()) < float_rounding_hu);
}

BOOST_AUTO_TEST_CASE(gaps_are_counted_and_placed) {
    const StackGeometry geometry = measured({1, 1, 2, 1, 1, 1, 4.02, 1, 1, 1, 1.7, 1, 1});
    BOOST_REQUIRE_EQUAL(geometry.gaps.size(), 3U);
    BOOST_TEST(geometry.gaps[0].after == 2U);
    BOOST_TEST(geometry.gaps[0].from_mm == 5.0);
    BOOST_TEST(geometry.gaps[0].to_mm == 7.0);
    BOOST_TEST(geometry.gaps[0].missing == 1);
    BOOST_TEST(geometry.gaps[1].after == 6U);
    BOOST_TEST(geometry.gaps[1].missing == 3);
    BOOST_TEST(geometry.gaps[2].missing == 1);  // not a whole number of steps, still a hole
    BOOST_TEST(is_an_error([&] { (void)plan_stack(small_grid(), geometry, {}); },
                           ErrorCode::unsupported,
                           "5 slices are missing where the spacing is 1.000 mm: 1 between 5.00 "
                           "and 7.00 mm, 3 between 10.00 and 14.02 mm"));
    StackOptions fill;
    fill.fill_missing = true;
    // 18.72 mm in steps of about 1 mm.
    BOOST_TEST(plan_stack(small_grid(), geometry, fill).volume.sizes[2] ==
               1 + std::lround(geometry.heights_mm.back() - geometry.heights_mm.front()));
    // Two gaps side by side are gaps still.
    BOOST_TEST(measured({1, 1, 1, 2, 2, 1, 1, 1}).gaps.size() == 2U);
    BOOST_TEST(measured({1, 1, 1, 1, 1, 1}).gaps.empty());
}

BOOST_AUTO_TEST_CASE(two_slices_at_one_place_are_an_error_whatever_the_options) {
    StackOptions fill;
    fill.fill_missing = true;
    for (const auto& steps :
         {std::vector<double>{1, 1, 0, 1, 1}, std::vector<double>{0, 0}, {1, 0, 0, 0, 1}})
        BOOST_TEST(is_an_error([&] { (void)plan_stack(small_grid(), measured(steps), fill); },
                               ErrorCode::invalid_file, "same position"));
}

BOOST_AUTO_TEST_CASE(volumes_beyond_the_limit_are_refused_before_allocating) {
    StackOptions options;
    options.max_voxels = 42 * 30;
    const auto plan = [&](const std::vector<double>& steps) {
        return [&options, steps] { (void)plan_stack(small_grid(), measured(steps), options); };
    };
    BOOST_CHECK_NO_THROW(plan(std::vector<double>(29, 1.0))());
    BOOST_TEST(
        is_an_error(plan(std::vector<double>(30, 1.0)), ErrorCode::unsupported, "31 voxels"));
    BOOST_TEST(is_an_error(plan({1, 1, 0.01, 1, 1}), ErrorCode::unsupported, "402 planes"));
}

BOOST_AUTO_TEST_CASE(a_single_slice_is_as_thick_as_it_says) {
    StackOptions options;
    BOOST_TEST(is_an_error([&] { (void)plan_stack(small_grid(), measured({}), options); },
                           ErrorCode::invalid_file, "thickness"));
    options.thickness_mm = 5.0;
    BOOST_TEST(plan_stack(small_grid(), measured({}), options).volume.spacing_mm.z() == 5.0);
}
