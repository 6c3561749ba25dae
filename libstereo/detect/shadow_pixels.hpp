#pragma once

#include <stereo/detect/shadow_profile.hpp>

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

/// Shadows over a background, as ShadowModel defines them.
struct ShadowScene {
    struct Shadow {
        double x = 0.0;  // from the origin of the fit
        double y = 0.0;
        ShadowProfile::Table profile;
    };
    std::span<const Shadow> shadows;  // most_shadows at most
    double blur = 0.0;
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
