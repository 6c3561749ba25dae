#include <drr/core/error.hpp>
#include <drr/volume/ct_volume.hpp>

#include <fmt/format.h>

namespace drr {

void CtVolume::validate() const {
    validate_grid();
    require(hu.size() == voxel_count(),
            fmt::format("a volume of {} x {} x {} voxels holds {} values", sizes[0], sizes[1],
                        sizes[2], hu.size()));
}

}  // namespace drr
