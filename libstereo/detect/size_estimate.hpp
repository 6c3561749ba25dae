#pragma once

#include "bead_judgement.hpp"

#include <optional>
#include <vector>

namespace stereo {

/// The diameter of which the image shows most beads: the strongest starting shadows are fitted with
/// radius and blur free, and each that is a bead votes with its contrast; the sizes within a factor
/// same_size_factor that gather most votes win, and their weighted median is the estimate. Nothing
/// where none is a bead.
[[nodiscard]] std::optional<double> estimate_diameter(const FitSetting& setting,
                                                      const std::vector<BeadShadow>& starts);

}  // namespace stereo
