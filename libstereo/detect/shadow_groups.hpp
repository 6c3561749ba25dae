#pragma once

#include <stereo/detect/subpixel.hpp>

#include <cstddef>
#include <vector>

namespace stereo {

/// Where a blurred shadow ends.
[[nodiscard]] double shadow_reach_px(const BeadShadow& shadow, double blur_px);

/// Whether two blurred shadows reach into each other.
[[nodiscard]] bool touch(const BeadShadow& a, const BeadShadow& b, double blur_px);

/// Whether the fit of one would meet pixels of the other's shadow.
[[nodiscard]] bool in_reach(const BeadShadow& of, const BeadShadow& other, double blur_px);

/// Shadow i and the nearest of those that touch it, at most max_joint_beads.
[[nodiscard]] std::vector<std::size_t> touching(std::size_t i,
                                                const std::vector<BeadShadow>& shadows,
                                                double blur_px);

/// The shadows that a joint fit of `group` does not model but whose pixels it would meet.
[[nodiscard]] std::vector<Disc> shadows_beside(const std::vector<std::size_t>& group,
                                               const std::vector<BeadShadow>& shadows,
                                               double blur_px);

}  // namespace stereo
