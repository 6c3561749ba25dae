#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/core/rng.hpp>
#include <drr/imaging/detector_flaws.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace drr {

void DetectorFlaws::validate() const {
    require(gain_sd >= 0.0 && gain_sd <= 0.5, "the gains' gain_sd must be between 0 and 0.5");
    require(dead_fraction >= 0.0 && dead_fraction <= 1.0, "dead_fraction must be between 0 and 1");
    require(std::isfinite(offset_grey) && offset_grey >= 0.0, "offset_grey must not be negative");
    for (const auto& pixel : dead_pixels)
        require(pixel.minCoeff() >= 0, "a dead pixel must not lie before the image");
}

Image<float> gain_image(const DetectorFlaws& flaws, int width_px, int height_px,
                        std::uint16_t view) {
    flaws.validate();
    Image<float> gains(width_px, height_px, 1.0F);
    parallel_for(static_cast<std::size_t>(height_px), [&](std::size_t row) {
        RngKey key{.seed = flaws.seed,
                   .view = view,
                   .purpose = RngPurpose::gain_map,
                   .element = static_cast<std::uint32_t>(row)};
        Rng gain(key);
        key.purpose = RngPurpose::dead_pixels;
        Rng dead(key);
        float* const out = gains.row(static_cast<int>(row));
        constexpr double least_gain = 0.01;  // so that what is 0 is dead
        for (int u = 0; u < width_px; ++u) {
            if (flaws.gain_sd > 0.0)
                out[u] =
                    static_cast<float>(std::max(1.0 + flaws.gain_sd * gain.normal(), least_gain));
            if (dead.uniform() < flaws.dead_fraction) out[u] = 0.0F;
        }
    });
    for (const auto& pixel : flaws.dead_pixels) {
        require(pixel.x() < width_px && pixel.y() < height_px,
                fmt::format("the dead pixel ({}, {}) lies beyond the image of {} x {}", pixel.x(),
                            pixel.y(), width_px, height_px));
        gains(pixel.x(), pixel.y()) = 0.0F;
    }
    return gains;
}

}  // namespace drr
