#pragma once

namespace drr {

/// How a ray through a slab of voxels is summed.
enum class Method { joseph, siddon };

}  // namespace drr
