#include "index_rays.hpp"
#include "siddon_path.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/projector/siddon.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace drr {
namespace {

/// Rows of a tile: neighbouring rays share voxels, so a tile works from the cache.
constexpr int tile_rows = 16;

}  // namespace

SiddonProjector::SiddonProjector(MuVolume volume) : volume_(std::move(volume)) {
    volume_.validate();
    require(volume_.mu_per_mm.size() <= std::numeric_limits<std::int32_t>::max(),
            "the Siddon projector takes volumes of up to 2^31 - 1 voxels");
    occupied_ = occupied_box(volume_);
}

Image<float> SiddonProjector::line_integrals(const XrayView& view) const {
    view.validate();
    Image<float> image(view.width_px, view.height_px);
    if (occupied_.empty()) return image;
    const IndexRays rays(volume_, view);
    const Eigen::Vector3d source = rays.source.array() + 0.5;
    const int columns = (view.width_px + siddon_rays - 1) / siddon_rays;
    const int rows = (view.height_px + tile_rows - 1) / tile_rows;
    parallel_for(static_cast<std::size_t>(columns * rows), [&](std::size_t index) {
        const int tile = static_cast<int>(index);
        const int u_first = tile % columns * siddon_rays, v_first = tile / columns * tile_rows;
        const int count = std::min(siddon_rays, view.width_px - u_first);
        for (int v = v_first; v < std::min(v_first + tile_rows, view.height_px); ++v) {
            SiddonRays side_by_side;
            std::array<double, siddon_rays> length_mm, paths;
            for (std::size_t n = 0; n < siddon_rays; ++n) {
                // The last ray repeats where the image ends.
                const int u = u_first + std::min(static_cast<int>(n), count - 1);
                const Eigen::Vector3d ray = rays.to_pixel(u, v);
                length_mm[n] = rays.length_mm(ray);
                for (std::size_t d = 0; d < 3; ++d)
                    side_by_side.to_pixel[d][n] = ray[static_cast<Eigen::Index>(d)];
            }
            radiological_paths(volume_, occupied_, source, side_by_side, paths);
            for (std::size_t n = 0; n < static_cast<std::size_t>(count); ++n)
                image(u_first + static_cast<int>(n), v) =
                    static_cast<float>(length_mm[n] * paths[n]);
        }
    });
    return image;
}

}  // namespace drr
