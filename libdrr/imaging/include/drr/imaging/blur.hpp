#pragma once

#include <drr/core/image.hpp>

#include <vector>

namespace drr {

/// The widest blur in one go: I_n(400) is still far from overflow.
inline constexpr double max_gaussian_sigma_px = 20.0;

/// The discrete analogue of the Gaussian, exp(-s^2) I_n(s^2) with the modified Bessel functions
/// I_n (Lindeberg, "Scale-space for discrete signals", PAMI 1990, eq. 26): n = 0, 1, ... up to
/// where the rest is below 1e-7, normalized to sum 1 over all n. Unlike the sampled Gaussian its
/// variance is sigma^2 for any sigma, below a pixel too, and blurs compose: s^2 = s1^2 + s2^2.
/// Throws Error(usage) unless 0 <= sigma <= max_gaussian_sigma_px.
[[nodiscard]] std::vector<double> gaussian_kernel(double sigma_px);

/// Convolves rows and columns with gaussian_kernel(sigma_px); the image is mirrored about its
/// border, which conserves the sum. Sigma 0 changes nothing.
[[nodiscard]] Image<float> gaussian_blur(const Image<float>& image, double sigma_px);

/// The same with one sigma along rows (u) and another along columns (v).
[[nodiscard]] Image<float> gaussian_blur(const Image<float>& image, double sigma_u_px,
                                         double sigma_v_px);

}  // namespace drr
