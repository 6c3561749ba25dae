#pragma once

#include <drr/core/image.hpp>
#include <drr/geometry/intensifier_distortion.hpp>

#include <vector>

namespace drr {

/// What becomes of a pixel's value where the image is stretched.
enum class Stretch {
    thins_out,    ///< it falls as the area grows: photons, or light, are conserved
    keeps_value,  ///< it stays: grey values after a flat-field correction
};

/// The image as the intensifier shows it: each pixel takes its value from its undistorted place, by
/// Keys' cubic convolution (IEEE Trans. ASSP 29 (1981) 1153, a = -1/2), which conserves centroids;
/// beyond the border the nearest pixel stands. Throws Error(usage) for a distortion that the image
/// cannot have.
[[nodiscard]] Image<float> distort_image(const Image<float>& image,
                                         const IntensifierDistortion& distortion,
                                         Stretch stretch = Stretch::thins_out);

/// The inverse: each pixel takes its value from its distorted place.
[[nodiscard]] Image<float> undistort_image(const Image<float>& image,
                                           const IntensifierDistortion& distortion,
                                           Stretch stretch = Stretch::thins_out);

/// Where the pixels of an image take their values from: worked out once for many images.
struct ResamplingMap {
    Image<float> shift_u_px;  ///< from a pixel to its source
    Image<float> shift_v_px;
    Image<float> factor;  ///< that the value is multiplied by
};

/// The map that distort_image() makes for images of that size.
[[nodiscard]] ResamplingMap distortion_map(const IntensifierDistortion& distortion, int width_px,
                                           int height_px, Stretch stretch = Stretch::thins_out);

/// The images, each resampled. Throws Error(usage) when images and map differ in size.
[[nodiscard]] std::vector<Image<float>> resample(const std::vector<const Image<float>*>& images,
                                                 const ResamplingMap& map);

}  // namespace drr
