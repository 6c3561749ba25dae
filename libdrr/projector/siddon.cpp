#include "tile_projector.hpp"

#include <drr/projector/siddon.hpp>

#include <utility>

namespace drr {

SiddonProjector::SiddonProjector(MuVolume volume, VolumeLayout layout)
    : tiles_(make_tile_projector<Method::siddon>(std::move(volume), layout)) {}

SiddonProjector::SiddonProjector(MuVolume16 volume, VolumeLayout layout)
    : tiles_(make_tile_projector<Method::siddon>(std::move(volume), layout)) {}

SiddonProjector::~SiddonProjector() = default;

Image<float> SiddonProjector::line_integrals(const XrayView& view) const {
    return tiles_->line_integrals(view);
}

VolumeCopies SiddonProjector::copies() const {
    return tiles_->copies();
}

}  // namespace drr
