#pragma once

#include <drr/core/image.hpp>

#include <string>

namespace stereo {

/// Limits of examine_image().
struct ImageConditionOptions {
    /// Fewer different greys, of at most 256, are a mask, a label map or a drawing: 4 bits of
    /// radiograph show no bead to sub-pixel.
    int min_levels = 16;
    /// At the top of the scale: beads in that part are invisible. Open beam around a body may take
    /// half of an image, and all of it is no image.
    double max_top_share = 0.9;
    /// At the bottom of the scale. A circular field leaves 21 % of a square image.
    double max_bottom_share = 0.5;
};

/// What an image's greys say of its fitness for bead detection.
struct ImageCondition {
    double lowest = 0.0;
    double highest = 0.0;
    int levels = 0;             ///< different greys, counted up to 256
    double top_share = 0.0;     ///< of pixels at the highest grey
    double bottom_share = 0.0;  ///< of pixels at the lowest
    /// Why beads cannot be expected in it: blank, a mask, saturated, mostly black. Empty if nothing
    /// speaks against it. A radiograph without beads cannot be told from a photograph this way.
    std::string objection;
};

/// Examines the greys of an image of any scale. Throws drr::Error(usage) for an image without
/// pixels.
[[nodiscard]] ImageCondition examine_image(const drr::Image<float>& image,
                                           const ImageConditionOptions& options = {});

}  // namespace stereo
