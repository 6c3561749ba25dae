#pragma once

#include <stereo/detect/shadow_profile.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace stereo {

/// Pixels are worked on in vectors, so their number is a multiple of this.
inline constexpr std::size_t pixel_padding = 8;

[[nodiscard]] constexpr std::size_t padded_count(std::size_t pixels) {
    return (pixels + pixel_padding - 1) / pixel_padding * pixel_padding;
}

inline constexpr std::size_t most_shadows = 4;
inline constexpr int bead_parameters = 4;     // x, y, ln radius, ln attenuation
inline constexpr int highest_background = 5;  // order of the background's polynomial

constexpr int coefficients(int order) {
    return (order + 1) * (order + 2) / 2;
}

/// What a pixel of a fit is, one array for each property, all of `count` numbers.
struct PixelArrays {
    const double* x = nullptr;  // from the origin of the fit
    const double* y = nullptr;
    const double* grey = nullptr;
    const double* root_weight = nullptr;
    const double* saturated = nullptr;  // not 0 where it is
    std::size_t count = 0;              // a multiple of pixel_padding
};

/// A detector integrates over the area of its pixels. Behind enough blur a Gaussian of that area's
/// variance does as well; at a sharp edge it errs by up to 6 % of the contrast, and the mean over
/// parts of the pixel, each with such a Gaussian of its own, takes its place.
struct PixelParts {
    int along = 1;  ///< either side

    /// Those of an image of this blur, its pixels' area included.
    static PixelParts at(double blur_px, int sharp_parts) {
        // With a further blur of 0.28 px the Gaussian moves centres of opaque balls by 0.0008 px.
        constexpr double sharp_blur_px = 0.4;
        return {blur_px < sharp_blur_px ? sharp_parts : 1};
    }
    /// Of a part's middle from the pixel's.
    [[nodiscard]] double place(int part) const { return (part + 0.5) / along - 0.5; }
    [[nodiscard]] double variance_of_places() const { return (1.0 - 1.0 / (along * along)) / 12.0; }
    /// Blur of a part where this is that of the pixel: the places of the parts are the rest of it.
    [[nodiscard]] double blur(double of_pixel) const {
        return std::sqrt(of_pixel * of_pixel - variance_of_places());
    }
};

/// Shadows over a background, as ShadowModel defines them.
struct ShadowScene {
    struct Shadow {
        double x = 0.0;  // from the origin of the fit
        double y = 0.0;
        ShadowProfile::Table profile;  // as the parts of a pixel see it
    };
    std::span<const Shadow> shadows;  // most_shadows at most
    double blur = 0.0;
    PixelParts parts{};
    double veil = 0.0;
    int order = 0;  // of the background: 0 to highest_background
    double inverse_unit = 1.0;
    const double* background = nullptr;  // coefficients
};

/// Columns of residuals and derivatives, a row a pixel: the residuals first, then each parameter's.
struct ShadowColumns {
    double* first = nullptr;
    std::size_t stride = 0;  // from column to column
    int blur = -1;           // place among the parameters; none if negative
    int veil = -1;           // the same
    int background = 0;      // place of its first coefficient

    [[nodiscard]] double* parameter(int k) const {
        return first + (static_cast<std::size_t>(k) + 1) * stride;
    }
};

/// The model's grey at each pixel.
void shadow_greys(const ShadowScene& scene, const PixelArrays& pixels, double* grey);

/// Residuals and derivatives of the model, each times the pixel's root_weight. A saturated pixel's
/// are 0 where the model is not below it.
void shadow_columns(const ShadowScene& scene, const PixelArrays& pixels,
                    const ShadowColumns& columns);

}  // namespace stereo
