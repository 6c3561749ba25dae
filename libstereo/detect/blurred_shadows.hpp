#pragma once

#include <cstddef>
#include <span>

namespace stereo {

/// The Gaussian that blurs a shadow is cut where it is 4e-6 of its peak, in standard deviations.
inline constexpr float blur_kernel_reach = 5.0F;

/// A ball's shadow of ShadowProfile.
struct BlurredBall {
    float radius_px = 0.0F;
    float blur_px = 0.0F;
    float attenuation = 0.0F;
};

/// The integral P of ShadowProfile and dP/dk at distances 0, 1, 2, ... times `step_px`, as many as
/// `shadow` and `d_attenuation` have room for, by the Gauss-Legendre rule of 16 nodes. Single
/// precision is plenty for a table that is interpolated to 1e-4, and twice as fast.
void blurred_shadows(const BlurredBall& ball, float step_px, std::span<float> shadow,
                     std::span<float> d_attenuation);

}  // namespace stereo
