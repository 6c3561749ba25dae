#include "outputs/scene_radiographs.hpp"

#include <drr/core/error.hpp>
#include <drr/core/yaml_reader.hpp>
#include <drr/imaging/primary.hpp>
#include <drr/imaging/radiograph_yaml.hpp>
#include <drr/physics/materials.hpp>

#include <fmt/format.h>

namespace tools {

SceneImaging read_imaging(const std::filesystem::path& path) {
    const drr::YamlMap map = drr::read_yaml(path, "imaging");
    SceneImaging imaging;
    imaging.file = path.string();
    imaging.projection.samples_per_pixel =
        map.integer_or("samples_per_pixel", imaging.projection.samples_per_pixel, {1.0, 32.0});
    imaging.radiograph = drr::read_radiograph_options(map);
    map.finish();
    return imaging;
}

std::string imaging_yaml(const SceneImaging& imaging) {
    return fmt::format("schema: stereodrr/imaging/v1\nsamples_per_pixel: {}\n{}",
                       imaging.projection.samples_per_pixel,
                       drr::radiograph_yaml(imaging.radiograph));
}

SceneRadiographs::SceneRadiographs(const drr::Scene& scene, const SceneImaging& imaging,
                                   const std::vector<drr::XrayView>& views, std::uint64_t seed)
    : scene_(scene),
      projection_(drr::finer(imaging.projection, imaging.radiograph.subpixels())),
      beam_(drr::make_beam(imaging.radiograph.beam, drr::known_materials())),
      seed_(seed) {
    try {
        for (std::size_t v = 0; v < views.size(); ++v)
            detectors_.push_back({drr::RadiographChain(imaging.radiograph, views[v],
                                                       static_cast<std::uint16_t>(v))});
    } catch (const drr::Error& error) {
        throw drr::Error(error.code(), error.message(), imaging.file);
    }
}

drr::Image<std::uint16_t> SceneRadiographs::next_frame(std::size_t view) {
    Detector& detector = detectors_.at(view);
    const int frame = detector.next_frame++;
    const double time_s = scene_.timing.time_s(frame, view);
    const auto object = [&](const drr::XrayView& seen) {
        return drr::path_lengths(scene_, seen, time_s, projection_);
    };
    const drr::RngKey key{.seed = seed_,
                          .trial = static_cast<std::uint32_t>(frame),
                          .view = static_cast<std::uint16_t>(view),
                          .purpose = drr::RngPurpose::quantum_noise};
    const drr::SignalImages primary = drr::primary_signal(
        object, detector.chain.signal_view(), beam_, detector.chain.options().focal_spot);
    return detector.chain.radiograph(primary, key, &detector.lag);
}

}  // namespace tools
