#pragma once

#include <Eigen/Core>

#include <span>
#include <string_view>

namespace stereo {

/// The pattern of an undistortion grid: perforated sheets are mostly hexagonal, bead plates square.
enum class GridKind { hexagonal, square };

[[nodiscard]] std::string_view grid_kind_name(GridKind kind);

/// Where the site of an index lies in the undistorted pattern, in pitches (distance of nearest
/// sites) from site (0, 0): the first axis along x, the second 60 (hexagonal) or 90 degrees
/// (square) from x towards y, which in images is from columns towards rows.
[[nodiscard]] Eigen::Vector2d grid_position(GridKind kind, const Eigen::Vector2i& index);

/// The site nearest to a place in the pattern, in pitches.
[[nodiscard]] Eigen::Vector2i nearest_site(GridKind kind, const Eigen::Vector2d& position);

/// The index after turning the pattern about site (0, 0) by its smallest symmetry, 60 or 90 degrees
/// from x towards y.
[[nodiscard]] Eigen::Vector2i turned_site(GridKind kind, const Eigen::Vector2i& index);

/// That angle.
[[nodiscard]] double symmetry_angle_rad(GridKind kind);

/// Steps from a site to its nearest neighbours, in the order of their angle: 6 or 4.
[[nodiscard]] std::span<const Eigen::Vector2i> neighbour_steps(GridKind kind);

}  // namespace stereo
