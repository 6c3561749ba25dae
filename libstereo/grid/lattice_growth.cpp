#include "lattice_growth.hpp"

#include <drr/core/order_statistics.hpp>
#include <drr/geometry/polynomial_map.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace stereo {
namespace {

// Sites that a polynomial of an order needs: four times its parameters. The seventh order follows
// the strongest pincushion and sigmoid of an intensifier to 0.1 px.
struct OrderLimit {
    int order;
    std::size_t sites;
};
constexpr std::array order_limits = {OrderLimit{7, 144}, OrderLimit{5, 84}, OrderLimit{3, 40},
                                     OrderLimit{2, 24}, OrderLimit{1, 3}};
// Rounds of reweighting by Geman and McClure's function, with its scales in pitches: from what the
// next order of a distortion does to a new ring to what it leaves.
constexpr std::array robust_scales = {0.2, 0.1, 0.05, 0.02};
// The first ring; then outwards in such steps, until so many have brought nothing.
constexpr double first_radius = 1.5;
constexpr double ring_width = 1.0;
constexpr int barren_rings = 2;
// A cell may become larger or smaller than the first one by this factor; a lattice that follows
// points at random soon collapses or grows.
constexpr double most_stretch = 2.0;
// Standard deviation of a coordinate over the median length of a normal deviation.
constexpr double sd_of_median_length = 1.0 / 1.1774;
constexpr int final_rounds = 2;

/// How many pixels a pitch is about a place of the pattern; the smaller of both directions.
double pitch_at(const drr::PolynomialMap& map, const Eigen::Vector2d& position) {
    return map.jacobian(position).colwise().norm().minCoeff();
}

class Growth {
  public:
    Growth(GridKind kind, const PointBuckets& points, const LatticeOptions& options)
        : kind_(kind), points_(points), options_(options) {}

    Lattice run(std::size_t origin, std::size_t first, std::size_t second);

  private:
    using Site = Lattice::Site;
    struct Match {
        std::size_t point = 0;
        double deviation = 0.0;  ///< local pitches
    };
    [[nodiscard]] Eigen::Vector2d position_of(const Site& site) const {
        return grid_position(kind_, {site.first, site.second});
    }
    [[nodiscard]] drr::PolynomialMap fitted(double radius) const;
    void match(const drr::PolynomialMap& map, double radius);
    void drop_outliers(const drr::PolynomialMap& map);
    [[nodiscard]] bool beside_held(const Site& site) const;

    GridKind kind_;
    const PointBuckets& points_;
    LatticeOptions options_;
    double pitch_px_ = 0.0;  ///< of the first cell
    std::map<Site, Match> held_;
    std::vector<Site> empty_;
    double noise_px_ = 0.0;
};

/// The map through the sites held now.
drr::PolynomialMap Growth::fitted(double radius) const {
    const auto limit = std::find_if(order_limits.begin(), order_limits.end(),
                                    [&](const auto& l) { return held_.size() >= l.sites; });
    const int order = limit == order_limits.end() ? 1 : limit->order;
    std::vector<Eigen::Vector2d> positions;
    std::vector<Eigen::Vector2d> pixels;
    for (const auto& [site, match] : held_) {
        positions.push_back(position_of(site));
        pixels.push_back(points_[match.point]);
    }
    std::vector<double> weights(positions.size(), 1.0);
    const auto fit = [&] {
        return drr::fit_polynomial_map(positions, pixels, order, Eigen::Vector2d::Zero(), radius,
                                       weights)
            .map;
    };
    drr::PolynomialMap map = fit();
    for (const double scale : robust_scales) {
        for (std::size_t i = 0; i < positions.size(); ++i) {
            const double r =
                (map.at(positions[i]) - pixels[i]).squaredNorm() / std::pow(scale * pitch_px_, 2);
            weights[i] = 1.0 / ((1.0 + r) * (1.0 + r));
        }
        map = fit();
    }
    return map;
}

/// Looks anew for the point of each site within the radius, in pitches.
void Growth::match(const drr::PolynomialMap& map, double radius) {
    held_.clear();
    empty_.clear();
    std::map<std::size_t, Site> site_of_point;
    const int most = static_cast<int>(std::ceil(radius * 1.2)) + 1;
    for (int i = -most; i <= most; ++i)
        for (int j = -most; j <= most; ++j) {
            const Site site{i, j};
            const Eigen::Vector2d position = position_of(site);
            if (position.norm() > radius) continue;
            const Eigen::Vector2d at = map.at(position);
            const double pitch = pitch_at(map, position);
            if (!(pitch < most_stretch * pitch_px_ && pitch > pitch_px_ / most_stretch)) continue;
            const auto point = points_.nearest(at, options_.reach * pitch);
            if (!point) {
                empty_.push_back(site);
                continue;
            }
            const double deviation = (points_[*point] - at).norm() / pitch;
            const auto [other, alone] = site_of_point.emplace(*point, site);
            if (!alone) {  // the map folds over here
                if (held_.at(other->second).deviation <= deviation) continue;
                held_.erase(other->second);
                other->second = site;
            }
            held_[site] = {*point, deviation};
        }
}

bool Growth::beside_held(const Site& site) const {
    const auto steps = neighbour_steps(kind_);
    return std::any_of(steps.begin(), steps.end(), [&](const Eigen::Vector2i& step) {
        return held_.contains({site.first + step.x(), site.second + step.y()});
    });
}

void Growth::drop_outliers(const drr::PolynomialMap& map) {
    std::vector<double> lengths;
    for (const auto& [site, match] : held_)
        lengths.push_back((points_[match.point] - map.at(position_of(site))).norm());
    noise_px_ = sd_of_median_length * drr::median(std::move(lengths));
    const double limit =
        std::max(options_.outlier_factor * noise_px_, options_.least_deviation * pitch_px_);
    for (auto held = held_.begin(); held != held_.end();) {
        const auto& [site, match] = *held;
        if ((points_[match.point] - map.at(position_of(site))).norm() > limit) {
            empty_.push_back(site);
            held = held_.erase(held);
        } else {
            ++held;
        }
    }
}

Lattice Growth::run(std::size_t origin, std::size_t first, std::size_t second) {
    held_ = {{{0, 0}, {origin, 0.0}}, {{1, 0}, {first, 0.0}}, {{0, 1}, {second, 0.0}}};
    pitch_px_ = std::sqrt((points_[first] - points_[origin]).norm() *
                          (points_[second] - points_[origin]).norm());
    const double limit = options_.radius_px > 0.0 ? options_.radius_px / pitch_px_
                                                  : std::numeric_limits<double>::infinity();
    double radius = std::min(first_radius, limit);
    std::size_t most = 0;
    for (int barren = 0; barren < barren_rings;) {
        match(fitted(radius + ring_width), radius);
        if (held_.size() < 3) break;
        barren = held_.size() > most ? 0 : barren + 1;
        most = std::max(most, held_.size());
        if (radius >= limit) break;
        radius = std::min(radius + ring_width, limit);
    }
    for (int round = 0; round < final_rounds && held_.size() >= 3; ++round) {
        match(fitted(radius), radius);
        if (held_.size() >= 3) drop_outliers(fitted(radius));
    }
    Lattice lattice;
    if (held_.size() < 3) return lattice;
    double agreement = 0.0;
    for (const auto& [site, match] : held_) {
        lattice.held.emplace(site, match.point);
        const double share = match.deviation / options_.reach;
        agreement += 1.0 - share * share;
    }
    lattice.empty_sites = static_cast<int>(std::count_if(
        empty_.begin(), empty_.end(), [&](const Site& site) { return beside_held(site); }));
    lattice.noise_px = noise_px_;
    lattice.score =
        agreement * agreement /
        static_cast<double>(lattice.held.size() + static_cast<std::size_t>(lattice.empty_sites));
    lattice.axes_px = fitted(radius).jacobian(Eigen::Vector2d::Zero());
    return lattice;
}

}  // namespace

PointBuckets::PointBuckets(std::span<const Eigen::Vector2d> points_px, double cell_px)
    : points_(points_px), cell_px_(cell_px) {
    for (std::size_t i = 0; i < points_.size(); ++i)
        cells_[cell_of(points_[i])].push_back(i);
}

PointBuckets::Cell PointBuckets::cell_of(const Eigen::Vector2d& at_px) const {
    return {static_cast<int>(std::floor(at_px.x() / cell_px_)),
            static_cast<int>(std::floor(at_px.y() / cell_px_))};
}

std::optional<std::size_t> PointBuckets::nearest(const Eigen::Vector2d& at_px,
                                                 double radius_px) const {
    const Cell middle = cell_of(at_px);
    std::optional<std::size_t> best;
    double least = radius_px * radius_px;
    for (int x = middle.first - 1; x <= middle.first + 1; ++x)
        for (int y = middle.second - 1; y <= middle.second + 1; ++y) {
            const auto cell = cells_.find({x, y});
            if (cell == cells_.end()) continue;
            for (const std::size_t i : cell->second)
                if ((points_[i] - at_px).squaredNorm() <= least) {
                    least = (points_[i] - at_px).squaredNorm();
                    best = i;
                }
        }
    return best;
}

std::vector<std::size_t> PointBuckets::nearest_few(const Eigen::Vector2d& at_px,
                                                   std::size_t count) const {
    std::vector<std::size_t> order(points_.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    count = std::min(count, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count),
                      order.end(), [&](std::size_t a, std::size_t b) {
                          return (points_[a] - at_px).squaredNorm() <
                                 (points_[b] - at_px).squaredNorm();
                      });
    order.resize(count);
    return order;
}

Lattice grow_lattice(GridKind kind, const PointBuckets& points, std::size_t origin,
                     std::size_t first, std::size_t second, const LatticeOptions& options) {
    return Growth(kind, points, options).run(origin, first, second);
}

}  // namespace stereo
