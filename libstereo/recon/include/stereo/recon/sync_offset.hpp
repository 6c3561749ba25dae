#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/recon/measured_pixel.hpp>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stereo {

/// A moving bead in both views: [view][frame], nothing where it was not seen.
using BeadSightings = std::array<std::vector<std::optional<MeasuredPixel>>, 2>;

struct SyncOptions {
    /// The offset is looked for up to this many frames either way.
    double max_offset_frames = 5.0;
    /// Knots of the splines that beads move along; the spacing of least AICc is taken. Short ones
    /// follow any motion, long ones tell the offset better where the motion is smooth.
    std::vector<double> knot_spacings_frames = {1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0};

    /// Throws drr::Error(usage).
    void validate() const;
};

/// By how much the second view is late.
struct SyncOffset {
    /// Frame f of the second view shows what the first view shows at frame f + offset.
    double offset_frames = 0.0;
    double sd_frames = 0.0;  ///< from the pixels' covariances times sigma0^2; views exact
    double sigma0 = 0.0;     ///< residuals in the standard deviations that the covariances claim
    int degrees_of_freedom = 0;
    double knot_spacing_frames = 0.0;
    std::size_t beads = 0;        ///< that both views show
    double rms_px = 0.0;          ///< of the length of the residuals at the offset
    double rms_without_px = 0.0;  ///< the same were there no offset
    bool ok = false;
    std::string summary;  ///< one line, says why not
};

/// Estimates the synchronization offset of two views from beads that move: each bead's path in
/// space is a cubic B-spline over time, the first view samples it at whole frames and the second at
/// an unknown offset; paths and offset are fitted at once to all pixels (maximum likelihood, by
/// Gauss-Newton, with the splines eliminated bead by bead), so that noise does not bias the offset
/// as it would that of an interpolation between pixels. What tells the offset is motion across
/// epipolar lines; motion along them is a change of depth to any offset. Not ok where nothing moves
/// across them, where no bead is seen by both views, and where the minimum lies beyond the range.
/// Pixels are undistorted. Throws drr::Error(usage) when numbers of frames differ.
[[nodiscard]] SyncOffset estimate_sync_offset(const drr::CalibratedView& view_a,
                                              const drr::CalibratedView& view_b,
                                              std::span<const BeadSightings> beads,
                                              const SyncOptions& options = {});

}  // namespace stereo
