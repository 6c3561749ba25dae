#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/calib/observations.hpp>

#include <optional>
#include <span>
#include <vector>

namespace stereo {

/// The observations with those of the wand at their end: its beads as further markers, its frames
/// as further poses.
[[nodiscard]] Observations with_wand_poses(const Observations& observations);

[[nodiscard]] bool is_straight(const Wand& wand);

/// The wand's pose in each frame: beads where the rays of two views or more pass nearest to each
/// other, and the wand laid on those; none for a frame that shows less than two beads so.
[[nodiscard]] std::vector<std::optional<drr::Rigid3>> world_from_wand(
    const Wand& wand, std::span<const drr::CalibratedView> views);

}  // namespace stereo
