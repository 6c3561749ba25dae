#pragma once

#include <drr/phantom/marker_phantom.hpp>
#include <drr/projector/ct_path_lengths.hpp>
#include <drr/projector/path_lengths.hpp>
#include <drr/scene/motion.hpp>

#include <memory>
#include <string>
#include <vector>

namespace drr {

/// A rigid body: solids, a CT volume or both, with markers in it.
struct SceneBody {
    std::string name;
    std::vector<SolidPart> solids;            ///< in the body's frame, markers among them
    std::shared_ptr<const CtPathLengths> ct;  ///< whose world is the body's frame; may be null
    std::vector<Marker> markers;              ///< in the body's frame: the truth
    Motion motion;
};

/// Puts a phantom into the body. Where a solid of it (a bead) has its middle in a material of the
/// body, it takes that material's place; it should lie within it as a whole. A CT is left as it
/// is. The phantom's name goes before those of its markers.
void implant(SceneBody& body, const MarkerPhantom& phantom, const Rigid3& body_from_phantom);

/// When images are taken. Real cameras are not quite synchronous: each view may lag.
struct FrameTiming {
    int frames = 1;
    double rate_hz = 1.0;
    std::vector<double> view_offsets_s;  ///< of views 0, 1, ...; 0 for those beyond

    /// Throws Error(usage).
    void validate() const;
    [[nodiscard]] double time_s(int frame, std::size_t view) const;
};

/// Bodies that move on their own, and when they are imaged.
struct Scene {
    std::string name;
    std::vector<SceneBody> bodies;
    FrameTiming timing;

    /// Throws Error(usage) for no body, two of one name, a body of nothing, and what Motion and
    /// FrameTiming refuse.
    void validate() const;
};

/// What a view sees of a scene at an instant: all solids in one (their samples pair), and the CT
/// volumes added. Throws Error(usage) as path_lengths of solids does.
[[nodiscard]] PathLengths path_lengths(const Scene& scene, const XrayView& view, double time_s,
                                       const AnalyticOptions& options = {});

}  // namespace drr
