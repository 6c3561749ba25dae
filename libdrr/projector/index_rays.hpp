#pragma once

#include <drr/geometry/xray_view.hpp>
#include <drr/volume/volume_grid.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>

namespace drr {

/// The axis on which a ray in index coordinates crosses most voxel planes.
inline int dominant_axis(const Eigen::Vector3d& ray) {
    int axis = 0;
    for (int d = 1; d < 3; ++d)
        if (std::abs(ray[d]) > std::abs(ray[axis])) axis = d;
    return axis;
}

/// A part of a ray, by its parameter: 0 is the source, 1 the pixel.
struct RayPart {
    double from = 0.0, to = 1.0;

    [[nodiscard]] bool empty() const { return !(from < to); }
};

/// The part of the ray between source and pixel that lies between two corners; empty where it
/// passes them by.
inline RayPart part_within(const Eigen::Array3d& low, const Eigen::Array3d& high,
                           const Eigen::Vector3d& source, const Eigen::Vector3d& ray) {
    RayPart part;
    for (int d = 0; d < 3; ++d) {
        const double to_low = low[d] - source[d], to_high = high[d] - source[d];
        if (ray[d] == 0.0) {
            if (to_low >= 0.0 || to_high <= 0.0) return {0.0, 0.0};
            continue;
        }
        const auto [enter, leave] = std::minmax({to_low / ray[d], to_high / ray[d]});
        part.from = std::max(part.from, enter);
        part.to = std::min(part.to, leave);
    }
    return part;
}

/// The rays of a view in the index frame of a volume (voxel centres at integers).
struct IndexRays {
    Eigen::Vector3d source;
    Eigen::Vector3d first_pixel;  ///< centre of pixel (0, 0)
    Eigen::Vector3d along_u;      ///< to the next column
    Eigen::Vector3d along_v;      ///< to the next row
    Eigen::Vector3d spacing_mm;

    IndexRays(const VolumeGrid& volume, const XrayView& view)
        : source(volume.index_from_world(view.source_in_world_mm())),
          first_pixel(volume.index_from_world(view.pixel_in_world_mm({0, 0}))),
          along_u(volume.index_from_world(view.pixel_in_world_mm({1, 0})) - first_pixel),
          along_v(volume.index_from_world(view.pixel_in_world_mm({0, 1})) - first_pixel),
          spacing_mm(volume.spacing_mm) {}

    /// From the source to the centre of a pixel.
    [[nodiscard]] Eigen::Vector3d to_pixel(double u, double v) const {
        return first_pixel - source + u * along_u + v * along_v;
    }
    [[nodiscard]] double length_mm(const Eigen::Vector3d& step) const {
        return step.cwiseProduct(spacing_mm).norm();
    }
};

}  // namespace drr
