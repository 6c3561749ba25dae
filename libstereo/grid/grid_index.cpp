#include "lattice_growth.hpp"

#include <drr/core/error.hpp>
#include <drr/core/order_statistics.hpp>
#include <drr/geometry/decompositions.hpp>
#include <stereo/grid/grid_index.hpp>

#include <Eigen/LU>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace stereo {
namespace {

// Seeds: so many points nearest to the middle, each with so many of its nearest points. A false
// point or a gap spoils some of them only.
constexpr std::size_t seed_count = 16;
constexpr std::size_t seed_neighbours = 10;
// How far a seed's sides and angle may be from those of an undistorted cell.
constexpr double most_side_ratio = 1.3;
constexpr double most_angle_error_rad = 15.0 * std::numbers::pi / 180.0;
// The lattice within so many spacings of its origin says which seeds are worth following further.
constexpr double trial_radius = 5.0;
constexpr std::size_t seeds_followed = 3;
// Points nearest to the middle that give the axes there.
constexpr std::size_t points_for_axes = 12;
// Angle between the two ranges' ends and +u: a quarter of the symmetry.
constexpr double range_below_axis = 0.25;

double typical_spacing(std::span<const Eigen::Vector2d> points) {
    std::vector<double> nearest(points.size(), std::numeric_limits<double>::infinity());
    for (std::size_t i = 0; i < points.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const double d = (points[i] - points[j]).norm();
            nearest[i] = std::min(nearest[i], d);
            nearest[j] = std::min(nearest[j], d);
        }
    return drr::median(std::move(nearest));
}

bool like_a_cell(GridKind kind, const Eigen::Vector2d& a, const Eigen::Vector2d& b) {
    const double ratio = a.norm() / b.norm();
    if (ratio > most_side_ratio || ratio < 1.0 / most_side_ratio) return false;
    const double angle = std::atan2(a.x() * b.y() - a.y() * b.x(), a.dot(b));
    return std::abs(angle - symmetry_angle_rad(kind)) <= most_angle_error_rad;
}

/// Whether the lattice has the cells of its kind: one that grew from false points may describe the
/// other kind, askew.
bool has_cells_of(GridKind kind, const Lattice& lattice) {
    return like_a_cell(kind, lattice.axes_px * grid_position(kind, {1, 0}),
                       lattice.axes_px * grid_position(kind, {0, 1}));
}

/// Whether three points hold an origin, a nearest neighbour, and that one's next by the smallest
/// turn: the lattice that would grow from them is this one.
bool has_cell(const Lattice& lattice, GridKind kind, const std::array<std::size_t, 3>& points) {
    std::array<Eigen::Vector2i, 3> sites;
    for (std::size_t k = 0; k < points.size(); ++k) {
        const auto held = std::find_if(lattice.held.begin(), lattice.held.end(),
                                       [&](const auto& h) { return h.second == points[k]; });
        if (held == lattice.held.end()) return false;
        sites[k] = {held->first.first, held->first.second};
    }
    const auto steps = neighbour_steps(kind);
    const Eigen::Vector2i step = sites[1] - sites[0];
    return std::find(steps.begin(), steps.end(), step) != steps.end() &&
           sites[2] - sites[0] == turned_site(kind, step);
}

struct Seed {
    std::array<std::size_t, 3> points{};  ///< of sites (0, 0), (1, 0), (0, 1)
    Lattice lattice;                      ///< that grows from it nearby
};

/// The seeds of one kind, the best first. All have the same area to explain: a lattice of every
/// other site finds half of its points.
std::vector<Seed> find_seeds(GridKind kind, const PointBuckets& points, LatticeOptions growth,
                             const Eigen::Vector2d& middle_px) {
    growth.radius_px = trial_radius * points.cell_px();
    std::vector<Seed> seeds;
    for (const std::size_t origin : points.nearest_few(middle_px, seed_count)) {
        const std::vector<std::size_t> near =
            points.nearest_few(points[origin], seed_neighbours + 1);
        for (const std::size_t first : near)
            for (const std::size_t second : near) {
                if (first == origin || second == origin || first == second) continue;
                if (!like_a_cell(kind, points[first] - points[origin],
                                 points[second] - points[origin]))
                    continue;
                const std::array triple = {origin, first, second};
                if (std::any_of(seeds.begin(), seeds.end(), [&](const Seed& seed) {
                        return has_cell(seed.lattice, kind, triple);
                    }))
                    continue;
                Lattice lattice = grow_lattice(kind, points, origin, first, second, growth);
                if (has_cells_of(kind, lattice)) seeds.push_back({triple, std::move(lattice)});
            }
    }
    std::stable_sort(seeds.begin(), seeds.end(), [](const Seed& a, const Seed& b) {
        return a.lattice.score > b.lattice.score;
    });
    return seeds;
}

/// The best lattice of one kind; without sites where there is none.
Lattice best_lattice(GridKind kind, const PointBuckets& points, const LatticeOptions& growth,
                     const Eigen::Vector2d& middle_px) {
    std::vector<Seed> seeds = find_seeds(kind, points, growth, middle_px);
    seeds.resize(std::min(seeds.size(), seeds_followed));
    Lattice best;
    for (const Seed& seed : seeds) {
        const auto& [origin, first, second] = seed.points;
        Lattice lattice = grow_lattice(kind, points, origin, first, second, growth);
        if (lattice.score > best.score) best = std::move(lattice);
    }
    return best;
}

/// Affine map from the pattern to pixels.
struct AffineMap {
    Eigen::Matrix2d axes_px;
    Eigen::Vector2d origin_px;
};
AffineMap map_about_middle(const Lattice& lattice, GridKind kind, const PointBuckets& points,
                           const Eigen::Vector2d& middle_px) {
    std::vector<std::pair<double, Lattice::Site>> order;
    for (const auto& [site, point] : lattice.held)
        order.emplace_back((points[point] - middle_px).squaredNorm(), site);
    std::sort(order.begin(), order.end());
    const std::size_t count = std::min(order.size(), points_for_axes);
    Eigen::MatrixX3d positions(count, 3);
    Eigen::MatrixX2d pixels(count, 2);
    for (std::size_t i = 0; i < count; ++i) {
        const auto& site = order[i].second;
        const auto row = static_cast<Eigen::Index>(i);
        positions.row(row) << grid_position(kind, {site.first, site.second}).transpose(), 1.0;
        pixels.row(row) = points[lattice.held.at(site)].transpose();
    }
    const Eigen::Matrix<double, 3, 2> map = drr::solve_least_squares(positions, pixels);
    return {map.topRows<2>().transpose(), map.row(2).transpose()};
}

/// Turn of the nearest rotation, from x towards y.
double angle_of(const Eigen::Matrix2d& axes) {
    return std::atan2(axes(1, 0) - axes(0, 1), axes(0, 0) + axes(1, 1));
}

/// Moves and turns the indices to the documented origin and orientation.
void normalize(GridIndexResult& result, const AffineMap& map, const Eigen::Vector2d& middle_px) {
    const GridKind kind = result.kind;
    const Eigen::Vector2i origin = nearest_site(
        kind, map.axes_px.partialPivLu().solve(Eigen::Vector2d(middle_px - map.origin_px)));
    result.origin_px = map.origin_px + map.axes_px * grid_position(kind, origin);
    result.axes_px = map.axes_px;
    for (auto& site : result.sites)
        if (site) *site -= origin;
    const double step = symmetry_angle_rad(kind);
    // The turn that takes the axis from its angle into [-step / 4, 3 step / 4).
    const auto turns =
        static_cast<int>(std::floor(angle_of(map.axes_px) / step + range_below_axis));
    const int whole = kind == GridKind::square ? 4 : 6;
    const int count = ((turns % whole) + whole) % whole;
    const Eigen::Matrix2d back{{std::cos(step), std::sin(step)}, {-std::sin(step), std::cos(step)}};
    for (int i = 0; i < count; ++i) {
        // Turning the indices forward turns the axes that they count along backward.
        for (auto& site : result.sites)
            if (site) *site = turned_site(kind, *site);
        result.axes_px = result.axes_px * back;
    }
}

}  // namespace

void GridIndexOptions::validate() const {
    drr::require(middle_px.allFinite(), "the middle of a grid's image must be finite");
    drr::require(
        growth_reach > 0.0 && growth_reach < 0.5,
        fmt::format("growth_reach must lie between 0 and 0.5 pitches, not {}", growth_reach));
    drr::require(outlier_factor > 0.0 && least_deviation >= 0.0 && least_deviation < 0.5,
                 "outlier_factor must be positive and least_deviation 0 to 0.5 pitches");
    drr::require(most_scatter > 0.0, "most_scatter must be positive");
    drr::require(min_points >= 4, "a grid needs at least 4 points");
}

GridIndexResult index_grid(std::span<const Eigen::Vector2d> points_px,
                           const GridIndexOptions& options) {
    options.validate();
    for (const Eigen::Vector2d& point : points_px)
        drr::require(point.allFinite(), "a grid's points must be finite");
    GridIndexResult result;
    result.sites.resize(points_px.size());
    const auto too_few = [&](std::size_t count) {
        result.summary =
            fmt::format("no grid: {} of {} points form a lattice, at least {} are needed", count,
                        points_px.size(), options.min_points);
        return result;
    };
    if (points_px.size() < static_cast<std::size_t>(options.min_points)) return too_few(0);

    const PointBuckets points(points_px, typical_spacing(points_px));
    const LatticeOptions growth{.reach = options.growth_reach,
                                .outlier_factor = options.outlier_factor,
                                .least_deviation = options.least_deviation};
    Lattice lattice;
    for (const GridKind kind : {GridKind::hexagonal, GridKind::square}) {
        if (options.kind && *options.kind != kind) continue;
        Lattice found = best_lattice(kind, points, growth, options.middle_px);
        if (found.score <= lattice.score) continue;
        lattice = std::move(found);
        result.kind = kind;
    }
    if (lattice.held.size() < static_cast<std::size_t>(options.min_points))
        return too_few(lattice.held.size());
    const AffineMap map = map_about_middle(lattice, result.kind, points, options.middle_px);
    result.noise_px = lattice.noise_px;
    if (result.noise_px > options.most_scatter * std::sqrt(std::abs(map.axes_px.determinant())))
        return too_few(0);
    for (const auto& [site, point] : lattice.held)
        result.sites[point] = Eigen::Vector2i(site.first, site.second);
    normalize(result, map, options.middle_px);
    result.ok = true;
    result.indexed = static_cast<int>(lattice.held.size());
    result.empty_sites = lattice.empty_sites;
    result.summary = fmt::format(
        "{} grid: {} of {} points indexed, pitch {:.2f} px at the middle, axis at {:.1f} deg, "
        "scatter {:.3f} px",
        grid_kind_name(result.kind), result.indexed, points_px.size(),
        std::sqrt(std::abs(result.axes_px.determinant())),
        angle_of(result.axes_px) * 180.0 / std::numbers::pi, result.noise_px);
    return result;
}

}  // namespace stereo
