#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/phantom/as_built.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

using namespace drr;
using Eigen::Vector3d;

namespace {

constexpr int builds = 2000;

// Half width of the range in which a variance from `builds` draws lies but once in 15 000 times:
// four standard errors, sqrt(2 / n) of it each.
double variance_tolerance(double variance) {
    return 4.0 * variance * std::sqrt(2.0 / builds);
}

PlacedBrick brick(const char* part, std::array<int, 3> at, int turns = 0) {
    return {part, at, turns, {}, Vector3d::Zero()};
}

// A straight stack of 2x2 bricks.
MarkerPhantom stack(int count) {
    MarkerPhantom phantom;
    for (int layer = 0; layer < count; ++layer)
        phantom.bricks.push_back(brick("3003", {0, 0, 3 * layer}));
    return phantom;
}

MarkerPhantom small_cube() {
    return read_phantom(test::phantoms() / "small_lego_cube.yaml");
}

// Variances on the three axes of what `error` gives over many builds; its mean is zero.
Vector3d variance(const MarkerPhantom& design, const AsBuiltOptions& options,
                  const std::function<Vector3d(const MarkerPhantom&)>& error) {
    Vector3d squares = Vector3d::Zero();
    for (int seed = 0; seed < builds; ++seed)
        squares += error(as_built(design, options, static_cast<std::uint64_t>(seed))).cwiseAbs2();
    return squares / builds;
}

void check_variance(const Vector3d& found, const Vector3d& expected) {
    for (int axis = 0; axis < 3; ++axis)
        BOOST_TEST(std::abs(found[axis] - expected[axis]) <= variance_tolerance(expected[axis]),
                   "axis " << axis << ": " << found[axis] << ", expected " << expected[axis]);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(as_built_phantoms)

BOOST_AUTO_TEST_CASE(without_errors_it_is_the_design) {
    const MarkerPhantom design = small_cube();
    BOOST_TEST(phantom_yaml(as_built(design, {}, 7)) == phantom_yaml(design));
}

BOOST_AUTO_TEST_CASE(one_seed_gives_one_build_which_a_file_keeps) {
    const MarkerPhantom design = small_cube();
    const AsBuiltOptions options{0.02, 0.05, 0.01, 0.01, {7.986 / 8.0, 9.56 / 9.6}};
    const MarkerPhantom built = as_built(design, options, 7);
    BOOST_TEST(phantom_yaml(as_built(design, options, 7)) == phantom_yaml(built));
    BOOST_TEST(phantom_yaml(as_built(design, options, 8)) != phantom_yaml(built));
    BOOST_TEST(phantom_yaml(parse_phantom(phantom_yaml(built), "built.yaml")) ==
               phantom_yaml(built));
    BOOST_CHECK_THROW((void)as_built(built, options, 7), Error);
}

// Beads, references and every primitive of the bricks.
BOOST_AUTO_TEST_CASE(a_scale_is_exact) {
    const MarkerPhantom design = small_cube();
    const Vector3d stretch(7.986 / 8.0, 7.986 / 8.0, 9.56 / 9.6);
    AsBuiltOptions options;
    options.scale = {stretch.x(), stretch.z()};
    const auto nominal = solid_parts(design);
    const auto built = solid_parts(as_built(design, options, 1));
    BOOST_REQUIRE(built.size() == nominal.size());
    for (std::size_t i = 0; i < built.size(); ++i) {
        const Vector3d expected =
            stretch.cwiseProduct(nominal[i].shape.parent_from_shape.translation_mm);
        BOOST_TEST((built[i].shape.parent_from_shape.translation_mm - expected).norm() < 1e-9);
    }
}

BOOST_AUTO_TEST_CASE(free_beads_stray_on_all_axes) {
    MarkerPhantom design;
    design.beads = {{1, "b01", {1.0, 2.0, 3.0}, 3.0, "steel"}};
    AsBuiltOptions options;
    options.bead_sd_mm = 0.1;
    options.bead_depth_sd_mm = 0.7;
    const auto error = [&](const MarkerPhantom& built) -> Vector3d {
        return built.beads[0].center_mm - design.beads[0].center_mm;
    };
    check_variance(variance(design, options, error), Vector3d::Constant(0.01));
}

// Along z in a stud, along the brick's turned y in the hole.
BOOST_AUTO_TEST_CASE(seats_are_deep_along_the_bore) {
    MarkerPhantom design;
    design.bricks = {brick("3700", {0, 0, 0}, 1)};
    const auto seat = [&](const Vector3d& in_brick) {
        return seated_mm(design.grid, design.bricks[0], in_brick);
    };
    design.beads = {{1, "stud", seat({-4.0, 0.0, 10.0}), 3.175, "steel", 0},
                    {2, "hole", seat({0.0, 0.5, 5.8}), 4.7, "steel", 0}};
    AsBuiltOptions options;
    options.bead_sd_mm = 0.02;
    options.bead_depth_sd_mm = 0.1;
    const std::array<Vector3d, 2> expected = {Vector3d(0.0004, 0.0004, 0.01),
                                              Vector3d(0.01, 0.0004, 0.0004)};
    for (std::size_t i = 0; i < 2; ++i) {
        const auto error = [&](const MarkerPhantom& built) -> Vector3d {
            return built.beads[i].center_mm - design.beads[i].center_mm;
        };
        check_variance(variance(design, options, error), expected[i]);
    }
}

// A random walk: the variance grows with each brick, and two bricks share the errors of those below
// the lower one, so that the variance of their difference is that of the steps between them.
BOOST_AUTO_TEST_CASE(stacks_stray_like_a_random_walk) {
    const MarkerPhantom design = stack(6);
    AsBuiltOptions options;
    options.brick_sd_mm = 0.02;
    options.brick_height_sd_mm = 0.01;
    for (const std::size_t layer : {0U, 1U, 5U}) {
        const auto error = [&](const MarkerPhantom& built) {
            return built.bricks[layer].displacement_mm;
        };
        const double across = 0.0004 * (static_cast<double>(layer) + 1.0);
        check_variance(variance(design, options, error),
                       {across, across, 0.0001 * static_cast<double>(layer)});
    }
    const auto difference = [](const MarkerPhantom& built) -> Vector3d {
        return built.bricks[4].displacement_mm - built.bricks[1].displacement_mm;
    };
    check_variance(variance(design, options, difference), {0.0012, 0.0012, 0.0003});
}

// Half its studs on either: half of each error.
BOOST_AUTO_TEST_CASE(a_brick_on_two_is_displaced_by_their_mean) {
    MarkerPhantom design;
    design.bricks = {brick("3003", {0, 0, 0}), brick("3003", {2, 0, 0}), brick("3003", {1, 0, 3})};
    AsBuiltOptions options;
    options.brick_sd_mm = 0.02;
    const auto error = [](const MarkerPhantom& built) { return built.bricks[2].displacement_mm; };
    check_variance(variance(design, options, error), {0.0006, 0.0006, 0.0});
}

BOOST_AUTO_TEST_CASE(a_hanging_brick_goes_with_what_holds_it) {
    MarkerPhantom design = stack(2);
    design.bricks.push_back(brick("3001", {1, 0, 6}));
    design.bricks.push_back(brick("3020", {3, 0, 5}));  // hangs from the last
    AsBuiltOptions options;
    options.brick_sd_mm = 0.02;
    const auto difference = [](const MarkerPhantom& built) -> Vector3d {
        return built.bricks[3].displacement_mm - built.bricks[2].displacement_mm;
    };
    check_variance(variance(design, options, difference), {0.0004, 0.0004, 0.0});
}

BOOST_AUTO_TEST_CASE(markers_go_with_their_brick) {
    const MarkerPhantom design = small_cube();
    AsBuiltOptions options;
    options.brick_sd_mm = 0.05;
    options.brick_height_sd_mm = 0.05;
    const MarkerPhantom built = as_built(design, options, 3);
    const auto check = [&](const std::vector<Marker>& from, const std::vector<Marker>& to) {
        for (std::size_t i = 0; i < from.size(); ++i) {
            const auto b = static_cast<std::size_t>(from[i].brick);
            const Vector3d moved = to[i].center_mm - from[i].center_mm;
            BOOST_TEST((moved - built.bricks[b].displacement_mm).norm() < 1e-12);
            BOOST_TEST(moved.norm() > 0.0);
        }
    };
    check(design.beads, built.beads);
    check(design.references, built.references);
}

BOOST_AUTO_TEST_CASE(the_order_of_bricks_does_not_matter) {
    const MarkerPhantom design = small_cube();
    MarkerPhantom reversed = design;
    std::reverse(reversed.bricks.begin(), reversed.bricks.end());
    const int last = static_cast<int>(design.bricks.size()) - 1;
    for (auto* markers : {&reversed.beads, &reversed.references})
        for (Marker& marker : *markers)
            marker.brick = last - marker.brick;
    const AsBuiltOptions options{0.02, 0.05, 0.01, 0.02, {}};
    const MarkerPhantom a = as_built(design, options, 5);
    const MarkerPhantom b = as_built(reversed, options, 5);
    for (std::size_t i = 0; i < a.bricks.size(); ++i)
        BOOST_TEST((a.bricks[i].displacement_mm - b.bricks[a.bricks.size() - 1 - i].displacement_mm)
                       .norm() < 1e-12);
    for (std::size_t i = 0; i < a.beads.size(); ++i)
        BOOST_TEST((a.beads[i].center_mm - b.beads[i].center_mm).norm() < 1e-12);
}

BOOST_AUTO_TEST_CASE(wrong_options_are_refused) {
    const MarkerPhantom design = stack(1);
    const auto refused = [&](const std::function<void(AsBuiltOptions&)>& change) {
        AsBuiltOptions options;
        change(options);
        BOOST_CHECK_THROW((void)as_built(design, options, 1), Error);
    };
    refused([](AsBuiltOptions& o) { o.bead_sd_mm = -0.1; });
    refused([](AsBuiltOptions& o) { o.brick_height_sd_mm = std::nan(""); });
    refused([](AsBuiltOptions& o) { o.scale.across = 0.0; });
    refused([](AsBuiltOptions& o) { o.scale.height = 1.2; });
}

BOOST_AUTO_TEST_SUITE_END()
