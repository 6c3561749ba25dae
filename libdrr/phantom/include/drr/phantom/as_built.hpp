#pragma once

#include <drr/phantom/marker_phantom.hpp>

#include <cstdint>

namespace drr {

/// How what was built differs from its design. The defaults are off: nothing differs.
struct AsBuiltOptions {
    double bead_sd_mm = 0.0;        ///< of a bead in its seat, on each axis across the bore
    double bead_depth_sd_mm = 0.0;  ///< along the bore
    double brick_sd_mm = 0.0;       ///< of a brick on those under it, along x and along y
    double brick_height_sd_mm = 0.0;
    BrickScale scale;  ///< of all positions about the frame's origin, and of the bricks

    /// Throws Error(usage).
    void validate() const;
};

/// A phantom as it was built: what the radiographs show, while the calibration knows the design.
///
/// Bricks stray like a random walk up the stack: each is displaced as those that it stands on (mean
/// over the studs that it sits on; one that only hangs, as those that hold it), plus an error of
/// its own. Those of the lowest layer stand on the table, true in height. Beads and references go
/// with their brick, plus an error of their own in the seat; for one in no brick, bead_sd_mm is on
/// all three axes. Bodies stay as they are, and so does a bore: where a bead strays by more than
/// its play in the bore, ball and plastic overlap by that much.
///
/// Errors are normal. They depend on the seed, a brick's cell and a marker's id, not on the order
/// of bricks or markers. Throws Error(usage) for options that are not valid or a design that is
/// itself as built.
[[nodiscard]] MarkerPhantom as_built(const MarkerPhantom& design, const AsBuiltOptions& options,
                                     std::uint64_t seed);

}  // namespace drr
