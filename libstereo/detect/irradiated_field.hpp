#pragma once

#include <drr/core/image.hpp>
#include <stereo/detect/bead_options.hpp>

#include <cstdint>

namespace stereo {

/// The part of an image that X-rays reach.
struct IrradiatedField {
    drr::Image<std::uint8_t> inside;  ///< 1 inside; empty where the whole image is
    double share = 1.0;               ///< of the pixels

    [[nodiscard]] bool whole() const { return inside.empty(); }
    /// Whether a pixel's place lies in the image and in the field.
    [[nodiscard]] bool contains(double column, double row) const;
};

/// Looks for a collimated or circular field: a convex region, brighter than the dark that surrounds
/// it up to the image's border, with a sharp edge. Of several levels that separate such a region
/// the one with the sharpest edge counts. Beads that the border cuts belong to the field, being
/// notches in its convex hull. `image` holds grey values over black.
[[nodiscard]] IrradiatedField find_irradiated_field(const drr::Image<float>& image,
                                                    const FieldOptions& options);

/// The image with each pixel outside the field replaced by the nearest one inside, so that the
/// border is no edge.
[[nodiscard]] drr::Image<float> extended_beyond(const IrradiatedField& field,
                                                const drr::Image<float>& image);

/// The image with `value` outside the field.
[[nodiscard]] drr::Image<float> replaced_beyond(const IrradiatedField& field,
                                                const drr::Image<float>& image, float value);

}  // namespace stereo
