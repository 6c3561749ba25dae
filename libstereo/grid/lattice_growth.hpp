#pragma once

#include <stereo/grid/grid_lattice.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace stereo {

/// Points in square cells, for nearest-point queries.
class PointBuckets {
  public:
    PointBuckets(std::span<const Eigen::Vector2d> points_px, double cell_px);

    /// The nearest point within the radius (at most a cell's size); none where there is none.
    [[nodiscard]] std::optional<std::size_t> nearest(const Eigen::Vector2d& at_px,
                                                     double radius_px) const;
    /// The `count` nearest, by distance.
    [[nodiscard]] std::vector<std::size_t> nearest_few(const Eigen::Vector2d& at_px,
                                                       std::size_t count) const;
    [[nodiscard]] const Eigen::Vector2d& operator[](std::size_t i) const { return points_[i]; }
    [[nodiscard]] std::size_t size() const { return points_.size(); }
    [[nodiscard]] double cell_px() const { return cell_px_; }

  private:
    using Cell = std::pair<int, int>;
    [[nodiscard]] Cell cell_of(const Eigen::Vector2d& at_px) const;

    std::span<const Eigen::Vector2d> points_;
    double cell_px_;
    std::map<Cell, std::vector<std::size_t>> cells_;
};

struct LatticeOptions {
    double reach = 0.0;            ///< of a point from its predicted place, local pitches
    double outlier_factor = 0.0;   ///< robust standard deviations
    double least_deviation = 0.0;  ///< that makes an outlier, pitches
    double radius_px = 0.0;        ///< about the origin; 0: everywhere
};

/// A lattice laid over points.
struct Lattice {
    using Site = std::pair<int, int>;

    std::map<Site, std::size_t> held;  ///< sites with their points
    int empty_sites = 0;               ///< beside a held one, without a point
    double noise_px = 0.0;             ///< robust standard deviation of a coordinate
    /// Points found times the share of the sites filled, where a point counts less the nearer it
    /// lies to the limit of its reach: points at random count half, those of a lattice once.
    double score = 0.0;
    Eigen::Matrix2d axes_px = Eigen::Matrix2d::Zero();  ///< pattern to pixels at the origin
};

/// Grows a lattice ring by ring from three points, for the sites (0, 0), (1, 0) and (0, 1): a
/// polynomial from pattern to pixels, fitted to all sites known so far, robustly and of an order
/// that rises with their number, tells where the sites of the next ring are looked for.
[[nodiscard]] Lattice grow_lattice(GridKind kind, const PointBuckets& points, std::size_t origin,
                                   std::size_t first, std::size_t second,
                                   const LatticeOptions& options);

}  // namespace stereo
