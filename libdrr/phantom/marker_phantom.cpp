#include <drr/phantom/marker_phantom.hpp>

namespace drr {

std::vector<SolidPart> solid_parts(const MarkerPhantom& phantom) {
    std::vector<SolidPart> parts = phantom.bodies;
    const std::vector<SolidPart> bricks = brick_solids(phantom.grid, phantom.bricks);
    parts.insert(parts.end(), bricks.begin(), bricks.end());
    parts.reserve(parts.size() + phantom.beads.size() + phantom.references.size());
    for (const auto* markers : {&phantom.beads, &phantom.references})
        for (const Marker& marker : *markers)
            parts.push_back({marker.name,
                             {Sphere{0.5 * marker.diameter_mm},
                              {Eigen::Quaterniond::Identity(), marker.center_mm}},
                             marker.material,
                             1});
    return parts;
}

}  // namespace drr
