#pragma once

#include "outputs/phantom_summary.hpp"

#include <drr/phantom/marker_phantom.hpp>

#include <string>

namespace tools {

/// A sheet (PNG) with a phantom from above, from the front (-y) and from the right (+x), in
/// third-angle projection: dimensions of the whole and of its beads in mm, beads, references with
/// their names, cavities dashed; what it is made of beside it.
[[nodiscard]] std::string phantom_drawing(const drr::MarkerPhantom& phantom,
                                          const PhantomSummary& summary);

}  // namespace tools
