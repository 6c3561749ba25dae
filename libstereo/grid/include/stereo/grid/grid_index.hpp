#pragma once

#include <stereo/grid/grid_lattice.hpp>

#include <Eigen/Core>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stereo {

struct GridIndexOptions {
    std::optional<GridKind> kind = {};  ///< not given: chosen by what explains more points
    /// The origin becomes the site nearest to this place: the middle of the image.
    Eigen::Vector2d middle_px = Eigen::Vector2d::Zero();
    /// A point is taken for a site when it lies within this distance of where the lattice, as far
    /// as it is known, puts that, in local pitches. Half is where sites meet.
    double growth_reach = 0.25;
    /// In the end a point must lie within `outlier_factor` robust standard deviations of its place
    /// in the whole lattice, or within `least_deviation` pitches.
    double outlier_factor = 6.0;
    double least_deviation = 0.01;
    /// A lattice whose points scatter about their neighbours by more, in pitches, is none: points
    /// at random that fell into growth_reach scatter by a third of it.
    double most_scatter = 0.05;
    int min_points = 20;  ///< fewer is no grid

    /// Throws drr::Error(usage).
    void validate() const;
};

/// Which point is which site of a regular grid.
struct GridIndexResult {
    bool ok = false;
    GridKind kind = GridKind::hexagonal;
    std::vector<std::optional<Eigen::Vector2i>> sites;  ///< one per point; none: not of the grid
    int indexed = 0;
    int empty_sites = 0;  ///< without a point though amid others
    /// Pattern to pixels about the middle: pixel = origin + axes * grid_position(kind, index).
    Eigen::Matrix2d axes_px = Eigen::Matrix2d::Zero();
    Eigen::Vector2d origin_px = Eigen::Vector2d::Zero();
    double noise_px = 0.0;  ///< robust standard deviation of a coordinate about the polynomial
    std::string summary;    ///< one line
};

/// Finds the hexagonal or square grid among points of an image and gives each of its points an
/// index. Seeds are triples of neighbouring points near the middle with the sides and angle of a
/// cell. From each the lattice grows outwards ring by ring: a polynomial from pattern to pixels, up
/// to the seventh order, is fitted robustly to what is known and tells where the next ring is, so
/// that it follows pincushion and sigmoidal distortion however large it gets over the field. The
/// lattice with the best product of points found and share of sites filled wins. Points that are
/// off their sites are left out: bubbles, fragments.
///
/// A lattice has no origin or orientation of its own. Here (0, 0) is the site nearest to the
/// middle, there the first axis points along +u or at most 15 degrees (square: 22.5) towards -v or
/// 45 degrees (67.5) towards +v from it, and the second is 60 (90) degrees further from u towards
/// v; so grids along an axis or a diagonal are not at a limit of the range. An image is not
/// mirrored: the determinant is positive.
///
/// The order of the points does not change which are found. Throws drr::Error(usage) for bad
/// options or points that are not finite.
[[nodiscard]] GridIndexResult index_grid(std::span<const Eigen::Vector2d> points_px,
                                         const GridIndexOptions& options);

}  // namespace stereo
