#pragma once

#include <drr/phantom/marker_phantom.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace drr {

/// What keeps a phantom from being built as it is described.
struct BuildFault {
    enum class Of { brick, bead, reference };
    Of of = Of::brick;
    std::size_t index = 0;  ///< in the phantom's list of these
    std::string message;
};

/// The first fault of a phantom's bricks and of the markers in them, or none. Bricks: an unknown
/// part, turns other than 0 to 3, two bricks in one cell of the grid, a brick that neither stands
/// on the lowest layer nor is joined by studs to one that does. Markers, as designed only: one that
/// its brick does not hold (seat_axis), or a ball that reaches into the plastic of a brick (found
/// by points on its surface, so a graze of some hundredths of a millimetre may pass).
[[nodiscard]] std::optional<BuildFault> find_build_fault(const MarkerPhantom& phantom);

}  // namespace drr
