#include <drr/core/error.hpp>
#include <drr/scene/scene.hpp>

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace drr {

void implant(SceneBody& body, const MarkerPhantom& phantom, const Rigid3& body_from_phantom) {
    std::map<std::string, std::vector<SolidPart>> host;
    for (const SolidPart& part : body.solids)
        host[part.material].push_back(part);
    for (SolidPart& part : moved(solid_parts(phantom), body_from_phantom)) {
        for (const auto& [material, parts] : host)
            if (part.sign > 0 && density_at(parts, part.shape.parent_from_shape.translation_mm) > 0)
                body.solids.push_back({part.name + " (taken out)", part.shape, material, -1});
        body.solids.push_back(std::move(part));
    }
    for (const auto* markers : {&phantom.beads, &phantom.references})
        for (Marker marker : *markers) {
            marker.name = phantom.name + " " + marker.name;
            marker.center_mm = body_from_phantom * marker.center_mm;
            body.markers.push_back(std::move(marker));
        }
}

void FrameTiming::validate() const {
    require(frames >= 1, "a scene has at least one frame");
    require(std::isfinite(rate_hz) && rate_hz > 0.0, "the frame rate must be above 0 Hz");
    for (const double offset_s : view_offsets_s)
        require(std::isfinite(offset_s), "the offsets of views must be finite");
}

double FrameTiming::time_s(int frame, std::size_t view) const {
    return frame / rate_hz + (view < view_offsets_s.size() ? view_offsets_s[view] : 0.0);
}

void Scene::validate() const {
    require(!bodies.empty(), "a scene has at least one body");
    std::set<std::string> names;
    for (const SceneBody& body : bodies) {
        require(names.insert(body.name).second,
                fmt::format("two bodies of the scene are called '{}'", body.name));
        require(!body.solids.empty() || body.ct != nullptr,
                fmt::format("the body '{}' is made of nothing", body.name));
        drr::validate(body.motion);
    }
    timing.validate();
}

PathLengths path_lengths(const Scene& scene, const XrayView& view, double time_s,
                         const AnalyticOptions& options) {
    scene.validate();
    std::vector<SolidPart> solids;
    for (const SceneBody& body : scene.bodies)
        for (SolidPart& solid : moved(body.solids, world_from_body(body.motion, time_s)))
            solids.push_back(std::move(solid));
    std::optional<PathLengths> sum;
    if (!solids.empty()) sum = path_lengths(solids, view, options);
    for (const SceneBody& body : scene.bodies) {
        if (body.ct == nullptr) continue;
        // Turning the view about the volume spares turning the volume.
        XrayView of_body = view;
        of_body.view_from_world = view.view_from_world * world_from_body(body.motion, time_s);
        PathLengths part = (*body.ct)(of_body);
        if (sum)
            add(*sum, part);
        else
            sum = std::move(part);
    }
    return *std::move(sum);
}

}  // namespace drr
