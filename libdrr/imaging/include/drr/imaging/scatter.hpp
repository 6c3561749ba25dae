#pragma once

#include <drr/core/image.hpp>
#include <drr/physics/beam.hpp>

#include <Eigen/Core>

#include <optional>

namespace drr {

/// A focused anti-scatter grid: what it lets pass.
struct AntiScatterGrid {
    double primary_transmission = 0.7;
    double scatter_transmission = 0.15;
};

/// Scattered photons as a blurred image of where they arise. A ray with line integral L that brings
/// P to the detector makes scatter in proportion to P L (first-order forward scatter: Ohnesorge,
/// Flohr, Klingenbeck-Regn, Eur. Radiol. 9 (1999) 563), which spreads as a wide Gaussian (Seibert
/// and Boone, Med. Phys. 15 (1988) 567). So the scatter-to-primary ratio grows with the object's
/// thickness, and the open beam makes none.
struct Scatter {
    double ratio = 1.0;          ///< scatter to primary without grid, behind a wide even object...
    double line_integral = 1.0;  ///< ...that has this line integral in the detector's signal
    double sigma_mm = 30.0;      ///< of the Gaussian, on the detector
    std::optional<AntiScatterGrid> grid = {};

    /// Throws Error(usage) unless ratio is not negative, line_integral and sigma_mm are positive
    /// and transmissions lie in (0, 1], all finite.
    void validate() const;
};

struct ScatteredSignal {
    SignalImages total;  ///< what passes the grid: primary and scatter
    /// Scatter to primary behind the grid, each summed over the image.
    double scatter_to_primary = 0.0;
};

/// Adds scatter to the primary signal and sends both through the grid. `open_mean` is the primary's
/// mean with no object, pixel by pixel. Scattered photons leave as much in the detector as the
/// primary ones that they come from: that they are softer is left out. The image is mirrored about
/// its border. Computed on a grid of an eighth of sigma and interpolated: within 1 % of the
/// scatter's own range. Throws Error(usage) for options, sizes and pitches out of range.
[[nodiscard]] ScatteredSignal add_scatter(const SignalImages& primary,
                                          const Image<float>& open_mean, const Scatter& scatter,
                                          const Eigen::Vector2d& pixel_pitch_mm);

}  // namespace drr
