#pragma once

#include <drr/core/image.hpp>
#include <drr/geometry/xray_view.hpp>
#include <drr/physics/spectrum.hpp>

namespace drr {

/// Heel effect: the beam is weaker towards the anode, since it leaves the target at a shallower
/// angle there and more of it is absorbed on its way out. Its profile is the tube model's own
/// (heel_ratios() in drr/physics/spectrum.hpp).
struct HeelEffect {
    /// Where the anode lies as seen in the image: 0 to the right (along columns), a quarter turn
    /// down (along rows).
    double anode_direction_rad = 0.0;
};

/// The beam's intensity on each pixel relative to the central ray's: 1 at the principal point, 0
/// where the anode cuts the beam off.
[[nodiscard]] Image<float> heel_image(const HeelEffect& heel, const TubeOptions& tube,
                                      const XrayView& view);

}  // namespace drr
