#pragma once

#include <drr/phantom/marker_phantom.hpp>

#include <string>
#include <vector>

namespace tools {

/// Plans (PNG) of a phantom's beads from above, each bead with its id: one for each level where
/// most beads share theirs with others, else one of all beads.
[[nodiscard]] std::vector<std::string> bead_plans(const drr::MarkerPhantom& phantom);

}  // namespace tools
