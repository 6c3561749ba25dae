#pragma once

#include <drr/core/image.hpp>

#include <Eigen/Core>

#include <cstdint>
#include <vector>

namespace drr {

/// What is wrong with a detector's pixels, the same in each of its images.
struct DetectorFlaws {
    std::uint64_t seed = 0;      ///< of the detector, beside the study's
    double gain_sd = 0.0;        ///< of the pixels' gains about 1 (fixed-pattern noise)
    double dead_fraction = 0.0;  ///< share of pixels that read the offset only
    std::vector<Eigen::Vector2i> dead_pixels = {};  ///< more of them, (u, v)
    double offset_grey = 0.0;                       ///< grey value without signal

    /// Throws Error(usage) unless 0 <= gain_sd <= 0.5, 0 <= dead_fraction <= 1, the dead pixels are
    /// not before the image and offset_grey is not negative, all finite.
    void validate() const;
};

/// The gain of each pixel: normal about 1, not below 0.01; 0 where it is dead. `view` names one
/// of several detectors of the same seed. Dead pixels beyond the image throw Error(usage).
[[nodiscard]] Image<float> gain_image(const DetectorFlaws& flaws, int width_px, int height_px,
                                      std::uint16_t view);

}  // namespace drr
