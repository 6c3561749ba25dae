#pragma once

#include <drr/geometry/xray_view.hpp>
#include <drr/imaging/focal_spot.hpp>
#include <drr/physics/beam.hpp>
#include <drr/projector/path_lengths.hpp>

#include <functional>
#include <span>

namespace drr {

/// The detector's signal from photons that were not scattered: mean and variance in each pixel, per
/// photon of the open beam there. In sampled pixels both are means over the places. The beam finds
/// materials by name and may know more. Throws Error(usage) for lengths that are not valid, or of a
/// material that the beam was made without.
[[nodiscard]] SignalImages primary_signal(const PathLengths& lengths,
                                          const PolychromaticBeam& beam);

/// What a view sees of an object, wherever its source stands.
using PathLengthsOfView = std::function<PathLengths(const XrayView&)>;

/// The same for a source of finite size: the mean over the points of the spot, of each of which the
/// object is projected anew, so that blur is right at every depth. `object` is called once for each
/// sample of the spot, once in all for a point.
[[nodiscard]] SignalImages primary_signal(const PathLengthsOfView& object, const XrayView& view,
                                          const PolychromaticBeam& beam,
                                          const FocalSpot& spot = {});

/// The same for solids, row by row. Keeps what it needs of its arguments. Throws Error(usage) as
/// SolidsInView does.
[[nodiscard]] SignalRows primary_rows(std::span<const SolidPart> solids, const XrayView& view,
                                      const PolychromaticBeam& beam, const FocalSpot& spot = {},
                                      const AnalyticOptions& options = {});

}  // namespace drr
