#pragma once

#include <drr/core/image.hpp>

#include <vector>

namespace drr {

/// The widest blur in one go: I_n(400) is still far from overflow.
inline constexpr double max_gaussian_sigma_px = 20.0;

/// From this sigma on the Gaussian itself is sampled: its variance is then right to 1e-4, and its
/// transfer that of the Gaussian.
inline constexpr double least_sampled_sigma_px = 0.8;

/// n = 0, 1, ... up to where the rest is below 1e-7, normalized to sum 1 over all n. Narrow blurs
/// are the discrete analogue of the Gaussian, exp(-s^2) I_n(s^2) with the modified Bessel functions
/// I_n (Lindeberg, "Scale-space for discrete signals", PAMI 1990, eq. 26), whose variance is
/// sigma^2 for any sigma, below a pixel too; wide ones the sampled Gaussian, whose tails are
/// lighter. Blurs of either kind compose: s^2 = s1^2 + s2^2. Throws Error(usage) unless 0 <= sigma
/// <= max_gaussian_sigma_px.
[[nodiscard]] std::vector<double> gaussian_kernel(double sigma_px);

/// Blurs an image in parts of pixels along rows (u) and columns (v) and sums each parts x parts of
/// them to a pixel, some rows of pixels at a time. The image is mirrored about its border, which
/// conserves the sum.
class GaussianPixels {
  public:
    /// Throws Error(usage) as gaussian_kernel(), and for no parts.
    GaussianPixels(double sigma_u_px, double sigma_v_px, int parts = 1);

    /// How many rows of parts count to either side of those in a pixel.
    [[nodiscard]] int reach_px() const;
    /// The pixels of the rows `wanted`, where `given` are the rows of parts from row `first` on of
    /// `height` in all, with those within reach. Throws Error(usage) where it lacks some.
    [[nodiscard]] Image<float> rows(const Image<float>& given, int first, int height,
                                    RowRange wanted) const;

  private:
    int parts_;
    std::vector<float> along_u_, along_v_;  ///< of a sum of parts, from the first that counts
};

/// Convolves rows and columns with gaussian_kernel(sigma_px); the image is mirrored about its
/// border, which conserves the sum. Sigma 0 changes nothing.
[[nodiscard]] Image<float> gaussian_blur(const Image<float>& image, double sigma_px);

/// The same with one sigma along rows (u) and another along columns (v).
[[nodiscard]] Image<float> gaussian_blur(const Image<float>& image, double sigma_u_px,
                                         double sigma_v_px);

}  // namespace drr
