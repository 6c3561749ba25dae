#pragma once

#include <vector>

namespace drr {

/// PolychromaticBeam's sums in single precision.
struct BeamTable {
    std::vector<float> mean;
    std::vector<float> variance;
    std::vector<std::vector<float>> mu_per_mm;  ///< [material][component]
};

/// One row of pixels: lengths_mm[material][column] to mean and variance.
void beam_row(const BeamTable& table, const std::vector<const float*>& lengths_mm, int width,
              float* mean, float* variance);

}  // namespace drr
