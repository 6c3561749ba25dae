#pragma once

#include "method.hpp"

#include <drr/projector/projector.hpp>
#include <drr/projector/volume_layout.hpp>

#include <memory>

namespace drr {

/// Projects a volume tile by tile. In the lane layout the rays of a tile march together through the
/// slabs that lie between the source and all of their pixels; what is left at either end, where a
/// source or a detector stands within the volume, is summed directly.
/// Throws Error(usage) for an invalid volume, or one that is too large (joseph.hpp).
template <Method method, class Volume>
[[nodiscard]] std::unique_ptr<Projector> make_tile_projector(Volume volume, VolumeLayout layout);

}  // namespace drr
