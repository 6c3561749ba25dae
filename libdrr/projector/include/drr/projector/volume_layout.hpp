#pragma once

#include <cstddef>

namespace drr {

/// How a projector of volumes finds its voxels.
enum class VolumeLayout {
    /// In a copy of the volume that suits SIMD lanes, made when a view needs it and kept: fastest
    /// for a sequence of views.
    lanes,
    /// In the volume as it is: slower, nothing is copied; for a single view, or to save memory.
    plain,
};

/// The copies of a volume that a projector has made, one for each lane axis that its views needed.
struct VolumeCopies {
    int count = 0;
    std::size_t bytes = 0;
    double seconds = 0.0;
};

}  // namespace drr
