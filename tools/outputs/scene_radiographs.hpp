#pragma once

#include <drr/imaging/lag.hpp>
#include <drr/imaging/radiograph.hpp>
#include <drr/physics/beam.hpp>
#include <drr/projector/path_lengths.hpp>
#include <drr/scene/scene.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tools {

/// How a scene becomes radiographs.
struct SceneImaging {
    std::string file;  ///< that it was read from
    drr::RadiographOptions radiograph;
    drr::AnalyticOptions projection;
};

/// Reads an imaging file, schema stereodrr/imaging/v1 (docs/radiographs.md, "Keys"). Throws
/// Error(invalid_file) with file and line, Error(io).
[[nodiscard]] SceneImaging read_imaging(const std::filesystem::path& path);

/// All its values, those by default too, as text of such a file.
[[nodiscard]] std::string imaging_yaml(const SceneImaging& imaging);

/// The radiographs of a scene's views, frame after frame. Each view has a detector of its own,
/// which holds back what lags from one of its frames to the next. Noise is keyed by seed, frame and
/// view: same bytes whatever the number of threads.
class SceneRadiographs {
  public:
    /// `scene` must outlive this. Throws Error(usage) with the imaging file's name for what the
    /// views' detectors cannot have.
    SceneRadiographs(const drr::Scene& scene, const SceneImaging& imaging,
                     const std::vector<drr::XrayView>& views, std::uint64_t seed);

    /// A view's next frame, from frame 0 on, at the time that the scene gives it.
    [[nodiscard]] drr::Image<std::uint16_t> next_frame(std::size_t view);

  private:
    struct Detector {
        drr::RadiographChain chain;
        drr::LagState lag = {};
        int next_frame = 0;
    };

    const drr::Scene& scene_;
    drr::AnalyticOptions projection_;
    drr::PolychromaticBeam beam_;
    std::vector<Detector> detectors_;
    std::uint64_t seed_;
};

}  // namespace tools
