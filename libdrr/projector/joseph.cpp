#include "tile_projector.hpp"

#include <drr/projector/joseph.hpp>

#include <utility>

namespace drr {

JosephProjector::JosephProjector(MuVolume volume, VolumeLayout layout)
    : tiles_(make_tile_projector<Method::joseph>(std::move(volume), layout)) {}

JosephProjector::JosephProjector(MuVolume16 volume, VolumeLayout layout)
    : tiles_(make_tile_projector<Method::joseph>(std::move(volume), layout)) {}

JosephProjector::~JosephProjector() = default;

Image<float> JosephProjector::line_integrals(const XrayView& view) const {
    return tiles_->line_integrals(view);
}

VolumeCopies JosephProjector::copies() const {
    return tiles_->copies();
}

}  // namespace drr
