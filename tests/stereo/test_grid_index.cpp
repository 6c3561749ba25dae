// The index of a grid's points over random distortions, orientations, gaps and false points.
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/intensifier_distortion.hpp>
#include <stereo/grid/grid_index.hpp>

#include <Eigen/Geometry>
#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <optional>
#include <vector>

using namespace stereo;

namespace {

constexpr int size_px = 1024;
constexpr double field_radius_px = 500.0;
const Eigen::Vector2d middle_px(511.5, 511.5);

struct Grid {
    GridKind kind = GridKind::hexagonal;
    drr::IntensifierDistortion distortion{middle_px, field_radius_px, 0.0, 0.0};
    double pitch_px = 38.0;
    double angle_rad = 0.0;
    Eigen::Vector2d shift_px = Eigen::Vector2d::Zero();  ///< of a site from the middle
    double missing = 0.0;                                ///< share of the points
    double false_points = 0.0;  ///< over the number of sites, anywhere in the field
    double fragments = 0.0;     ///< share of the points that lie up to a third of a pitch off
    double noise_px = 0.05;
};

struct Points {
    std::vector<Eigen::Vector2d> pixels;
    std::vector<std::optional<Eigen::Vector2i>> sites;  ///< none: not where a site is
    std::vector<bool> fragment;
    int sites_in_field = 0;
};

Points image_of(const Grid& grid, drr::Rng& rng) {
    Points result;
    const Eigen::Rotation2Dd turn(grid.angle_rad);
    const auto add = [&](const Eigen::Vector2d& p, std::optional<Eigen::Vector2i> site, bool bad) {
        result.pixels.push_back(p);
        result.sites.push_back(site);
        result.fragment.push_back(bad);
    };
    const int most = static_cast<int>(2.0 * field_radius_px / grid.pitch_px) + 4;
    for (int i = -2 * most; i <= 2 * most; ++i)
        for (int j = -most; j <= most; ++j) {
            const Eigen::Vector2d ideal = middle_px + grid.shift_px +
                                          turn * (grid.pitch_px * grid_position(grid.kind, {i, j}));
            // A barrel folds over far outside.
            if ((ideal - middle_px).norm() > 1.3 * field_radius_px) continue;
            Eigen::Vector2d p = grid.distortion.distort(ideal);
            if ((p - middle_px).norm() > field_radius_px) continue;
            ++result.sites_in_field;
            if (rng.uniform() < grid.missing) continue;
            const bool fragment = rng.uniform() < grid.fragments;
            if (fragment) {
                const double angle = rng.uniform(0.0, 2.0 * std::numbers::pi);
                p += grid.pitch_px * rng.uniform(0.05, 0.33) *
                     Eigen::Vector2d(std::cos(angle), std::sin(angle));
            }
            p += grid.noise_px * Eigen::Vector2d(rng.normal(), rng.normal());
            add(p, Eigen::Vector2i(i, j), fragment);
        }
    const int extra = static_cast<int>(grid.false_points * result.sites_in_field);
    for (int k = 0; k < extra; ++k) {
        Eigen::Vector2d p;
        do
            p = {rng.uniform(0.0, size_px), rng.uniform(0.0, size_px)};
        while ((p - middle_px).norm() > field_radius_px);
        add(p, std::nullopt, false);
    }
    // Not in the order of the lattice.
    for (std::size_t i = result.pixels.size() - 1; i > 0; --i) {
        const auto j = static_cast<std::size_t>(rng.uniform() * static_cast<double>(i + 1));
        std::swap(result.pixels[i], result.pixels[j]);
        std::swap(result.sites[i], result.sites[j]);
        const bool swap = result.fragment[i];
        result.fragment[i] = result.fragment[j];
        result.fragment[j] = swap;
    }
    return result;
}

struct Verdict {
    int right = 0;        ///< points with the index of their site
    int wrong = 0;        ///< ... with another
    int false_taken = 0;  ///< false points and fragments with an index
    int lost = 0;         ///< good points without one
};

/// Compares up to the symmetry that most points agree on.
Verdict compare(GridKind kind, const Points& points, const GridIndexResult& result) {
    Verdict best;
    const int turns = kind == GridKind::square ? 4 : 6;
    for (int turn = 0; turn < turns; ++turn) {
        const auto turned = [&](Eigen::Vector2i site) {
            for (int k = 0; k < turn; ++k)
                site = turned_site(kind, site);
            return site;
        };
        std::map<std::pair<int, int>, int> votes;
        for (std::size_t i = 0; i < points.pixels.size(); ++i)
            if (points.sites[i] && result.sites[i]) {
                const Eigen::Vector2i offset = *result.sites[i] - turned(*points.sites[i]);
                ++votes[{offset.x(), offset.y()}];
            }
        for (const auto& [offset, count] : votes) {
            if (count <= best.right) continue;
            Verdict verdict;
            for (std::size_t i = 0; i < points.pixels.size(); ++i) {
                const bool good = points.sites[i] && !points.fragment[i];
                if (!result.sites[i])
                    verdict.lost += good;
                else if (!good)
                    ++verdict.false_taken;
                else if (*result.sites[i] ==
                         turned(*points.sites[i]) + Eigen::Vector2i(offset.first, offset.second))
                    ++verdict.right;
                else
                    ++verdict.wrong;
            }
            if (verdict.right > best.right) best = verdict;
        }
    }
    return best;
}

Grid random_grid(drr::Rng& rng) {
    Grid grid;
    grid.kind = rng.uniform() < 0.5 ? GridKind::hexagonal : GridKind::square;
    grid.distortion.pincushion = rng.uniform(-0.05, 0.15);
    grid.distortion.sigmoid_rad = rng.uniform(-0.15, 0.15);
    grid.distortion.center_px =
        middle_px + Eigen::Vector2d(rng.uniform(-30.0, 30.0), rng.uniform(-30.0, 30.0));
    grid.pitch_px = rng.uniform(25.0, 42.0);
    grid.angle_rad = rng.uniform(0.0, 2.0 * std::numbers::pi);
    grid.shift_px = grid.pitch_px * Eigen::Vector2d(rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5));
    return grid;
}

drr::Rng rng_of(std::uint32_t trial) {
    return drr::Rng({.seed = 11, .trial = trial, .purpose = drr::RngPurpose::test});
}

}  // namespace

// A whole grid and nothing else: every point gets its index.
BOOST_AUTO_TEST_CASE(all_points_of_a_clean_grid_are_indexed) {
    for (std::uint32_t trial = 0; trial < 30; ++trial) {
        drr::Rng rng = rng_of(trial);
        const Grid grid = random_grid(rng);
        const Points points = image_of(grid, rng);
        const GridIndexResult result = index_grid(points.pixels, {.middle_px = middle_px});
        BOOST_TEST_CONTEXT("trial " << trial << ": " << result.summary) {
            BOOST_REQUIRE(result.ok);
            BOOST_TEST((result.kind == grid.kind));
            const Verdict verdict = compare(grid.kind, points, result);
            BOOST_TEST(verdict.right == static_cast<int>(points.pixels.size()));
            BOOST_TEST(verdict.wrong == 0);
        }
    }
}

// 30 % missing, 15 % false points anywhere, 3 % of the points moved: no index is wrong, and few
// points are lost: those at the rim whose neighbours are missing.
BOOST_AUTO_TEST_CASE(gaps_false_points_and_fragments_do_not_mislead) {
    int good = 0;
    int lost = 0;
    int false_taken = 0;
    int offered = 0;
    for (std::uint32_t trial = 100; trial < 160; ++trial) {
        drr::Rng rng = rng_of(trial);
        Grid grid = random_grid(rng);
        grid.missing = 0.3;
        grid.false_points = 0.15;
        grid.fragments = 0.03;
        const Points points = image_of(grid, rng);
        const GridIndexResult result = index_grid(points.pixels, {.middle_px = middle_px});
        BOOST_TEST_CONTEXT("trial " << trial << ": " << result.summary) {
            BOOST_REQUIRE(result.ok);
            BOOST_TEST((result.kind == grid.kind));
            const Verdict verdict = compare(grid.kind, points, result);
            BOOST_TEST(verdict.wrong == 0);
            good += verdict.right;
            lost += verdict.lost;
            false_taken += verdict.false_taken;
            offered +=
                static_cast<int>(std::count(points.fragment.begin(), points.fragment.end(), true)) +
                static_cast<int>(
                    std::count(points.sites.begin(), points.sites.end(), std::nullopt));
        }
    }
    BOOST_TEST_MESSAGE(good << " right, " << lost << " lost, " << false_taken << " of " << offered
                            << " false points taken");
    BOOST_TEST(lost < 0.02 * good);
    BOOST_TEST(false_taken < 0.01 * offered);
}

// The origin is the site nearest to the middle and the axis lies in the documented range, whatever
// site and direction the growth began with.
BOOST_AUTO_TEST_CASE(origin_and_axes_are_normalized) {
    for (std::uint32_t trial = 200; trial < 230; ++trial) {
        drr::Rng rng = rng_of(trial);
        Grid grid = random_grid(rng);
        grid.missing = 0.1;
        const Points points = image_of(grid, rng);
        const GridIndexResult result = index_grid(points.pixels, {.middle_px = middle_px});
        BOOST_REQUIRE(result.ok);
        const double step = symmetry_angle_rad(grid.kind);
        const double pitch = std::sqrt(result.axes_px.determinant());
        const double angle = std::atan2(result.axes_px(1, 0), result.axes_px(0, 0));
        BOOST_TEST(angle >= -0.25 * step - 0.05);  // shear at the middle turns a column by less
        BOOST_TEST(angle < 0.75 * step + 0.05);
        // A cell reaches this far.
        const double reach = grid.kind == GridKind::square ? std::sqrt(0.5) : std::sqrt(1.0 / 3.0);
        BOOST_TEST((result.origin_px - middle_px).norm() < (reach + 0.02) * pitch);
        for (std::size_t i = 0; i < points.pixels.size(); ++i) {
            if (!result.sites[i] || (points.pixels[i] - middle_px).norm() > 2.0 * pitch) continue;
            const Eigen::Vector2d at =
                result.origin_px + result.axes_px * grid_position(result.kind, *result.sites[i]);
            BOOST_TEST((at - points.pixels[i]).norm() < 0.05 * pitch);
        }
        std::vector<Eigen::Vector2d> reversed(points.pixels.rbegin(), points.pixels.rend());
        const GridIndexResult again = index_grid(reversed, {.middle_px = middle_px});
        BOOST_REQUIRE(again.ok);
        for (std::size_t i = 0; i < reversed.size(); ++i)
            BOOST_TEST((again.sites[reversed.size() - 1 - i] == result.sites[i]));
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_grid_is_reported) {
    drr::Rng rng = rng_of(300);
    std::vector<Eigen::Vector2d> random;
    for (int i = 0; i < 400; ++i)
        random.emplace_back(rng.uniform(0.0, size_px), rng.uniform(0.0, size_px));
    const GridIndexResult none = index_grid(random, {.middle_px = middle_px});
    BOOST_TEST(!none.ok);
    BOOST_TEST(none.summary.find("no grid") == 0U);
    BOOST_TEST(!index_grid({}, {}).ok);
    // A square grid is no hexagonal one, even when told so.
    Grid grid;
    grid.kind = GridKind::square;
    const Points points = image_of(grid, rng);
    const GridIndexResult other =
        index_grid(points.pixels, {.kind = GridKind::hexagonal, .middle_px = middle_px});
    BOOST_TEST((!other.ok || other.indexed < static_cast<int>(points.pixels.size()) / 3));
    BOOST_CHECK_THROW((void)index_grid({}, {.growth_reach = 0.6}), drr::Error);
    random[3].x() = std::numeric_limits<double>::quiet_NaN();
    BOOST_CHECK_THROW((void)index_grid(random, {}), drr::Error);
}

BOOST_AUTO_TEST_CASE(sites_and_their_symmetry) {
    for (const GridKind kind : {GridKind::hexagonal, GridKind::square}) {
        const Eigen::Rotation2Dd turn(symmetry_angle_rad(kind));
        for (int i = -3; i <= 3; ++i)
            for (int j = -3; j <= 3; ++j) {
                const Eigen::Vector2i site(i, j);
                const Eigen::Vector2d position = grid_position(kind, site);
                BOOST_TEST((turn * position - grid_position(kind, turned_site(kind, site))).norm() <
                           1e-12);
                BOOST_TEST((nearest_site(kind, position + Eigen::Vector2d(0.3, -0.3)) == site));
            }
        for (const Eigen::Vector2i& step : neighbour_steps(kind))
            BOOST_TEST(std::abs(grid_position(kind, step).norm() - 1.0) < 1e-12);
    }
}
