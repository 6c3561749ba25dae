#include "commands.hpp"
#include "interruption.hpp"
#include "json_values.hpp"
#include "progress_bar.hpp"
#include "render_output.hpp"
#include "render_record.hpp"
#include "view_options.hpp"

#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <drr/geometry/view_files.hpp>
#include <drr/scene/scene_yaml.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace tools {
namespace {

namespace fs = std::filesystem;

struct SceneOptions {
    std::string scene;
    std::string rig;
    ViewOptions detector;
    double energy_kev = 60.0;
    OutputOptions output;
};

/// A scene at an instant, in a beam of one energy.
class Instant final : public drr::Projector {
  public:
    Instant(const drr::Scene& scene, double time_s, double energy_kev)
        : scene_(scene), time_s_(time_s), energy_kev_(energy_kev) {}

    [[nodiscard]] drr::Image<float> line_integrals(const drr::XrayView& view) const override {
        return drr::line_integrals(drr::path_lengths(scene_, view, time_s_), energy_kev_);
    }

  private:
    const drr::Scene& scene_;
    double time_s_;
    double energy_kev_;
};

/// Where all bodies and markers are in one image.
struct ImageTruth {
    int frame = 0;
    std::size_t view = 0;
    double time_s = 0.0;
};

json poses_json(const drr::Scene& scene, const ImageTruth& image,
                const std::vector<std::string>& files) {
    json record = {{"frame", image.frame},
                   {"view", image.view},
                   {"time_s", image.time_s},
                   {"files", files},
                   {"bodies", json::array()}};
    for (const drr::SceneBody& body : scene.bodies)
        record["bodies"].push_back(
            {{"name", body.name},
             {"world_from_body",
              json_rows(drr::world_from_body(body.motion, image.time_s).matrix34())}});
    return record;
}

std::string marker_rows(const drr::Scene& scene, const ImageTruth& image,
                        const drr::XrayView& view) {
    std::string rows;
    for (const drr::SceneBody& body : scene.bodies) {
        const drr::Rigid3 pose = drr::world_from_body(body.motion, image.time_s);
        for (const drr::Marker& marker : body.markers) {
            const Eigen::Vector3d point = pose * marker.center_mm;
            const Eigen::Vector2d pixel = view.project(point);
            rows += fmt::format("{},{},{},{},{},{:.9f},{:.9f},{:.9f},{:.6f},{:.6f}\n", image.frame,
                                image.view, image.time_s, body.name, marker.name, point.x(),
                                point.y(), point.z(), pixel.x(), pixel.y());
        }
    }
    return rows;
}

void render_scene(const SceneOptions& options) {
    const drr::Scene scene = drr::read_scene(options.scene);
    drr::ViewSet set = drr::read_views(options.rig, options.detector.detector());
    set.place_rig(Eigen::Vector3d::Zero());
    drr::require(scene.timing.view_offsets_s.size() <= set.views.size(),
                 fmt::format("the scene has offsets of {} views, the rig has {}",
                             scene.timing.view_offsets_s.size(), set.views.size()));
    std::vector<NamedView> views;
    for (std::size_t v = 0; v < set.views.size(); ++v)
        views.push_back({fmt::format("view{}", v), set.views[v], fmt::format("view{}", v)});
    const drr::GreyWindow window =
        choose_window(options.output, Instant(scene, 0.0, options.energy_kev), views);

    const fs::path folder = options.output.folder;
    drr::make_folder(folder);
    std::error_code absent;
    fs::remove(folder / "truth.json", absent);  // it comes last: where it stands, all files do
    json images = json::array();
    std::string markers = "frame,view,time_s,body,marker,x_mm,y_mm,z_mm,u_px,v_px\n";
    const drr::ProgressSink progress = progress_bar();
    const Interruption interruption;
    const std::size_t total = static_cast<std::size_t>(scene.timing.frames) * views.size();
    for (int frame = 0; frame < scene.timing.frames; ++frame)
        for (std::size_t v = 0; v < views.size(); ++v) {
            const ImageTruth image{frame, v, scene.timing.time_s(frame, v)};
            NamedView named = views[v];
            named.name += fmt::format("_frame{:04}", frame);
            named.number = frame + 1;
            drr::DicomImageOptions dicom{.study = scene.name, .series = named.series};
            dicom.series_description = named.series;
            dicom.instance_number = named.number;
            const auto files = write_outputs(
                options.output, named,
                Instant(scene, image.time_s, options.energy_kev).line_integrals(named.view), window,
                dicom);
            images.push_back(poses_json(scene, image, files));
            markers += marker_rows(scene, image, named.view);
            Interruption::end_if_asked();
            if (progress) progress("images", images.size(), total);
        }
    drr::write_file(folder / "markers.csv", markers);
    const json truth = {{"schema", "stereodrr/scene-truth/v1"},
                        {"version", drr::version()},
                        {"git_commit", drr::git_commit()},
                        {"scene", {{"file", options.scene}, {"name", scene.name}}},
                        {"energy_kev", options.energy_kev},
                        {"rig", rig_json(options.rig, set)},
                        {"picture_window", window_json(window)},
                        {"markers", "markers.csv"},
                        {"images", images}};
    drr::write_file(folder / "truth.json", truth.dump(2) + "\n");

    std::size_t marker_count = 0;
    for (const drr::SceneBody& body : scene.bodies) {
        fmt::print("{:<20} {} solids{}, {} markers\n", body.name, body.solids.size(),
                   body.ct ? ", CT" : "", body.markers.size());
        marker_count += body.markers.size();
    }
    fmt::print("\n{} images of {} bodies and {} markers, {:g} frames/s\nwritten: {}\n", total,
               scene.bodies.size(), marker_count, scene.timing.rate_hz,
               (folder / "truth.json").string());
}

}  // namespace

void add_scene(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand(
        "scene", "Render moving bodies, frame by frame, with the truth of poses and markers");
    const auto options = std::make_shared<SceneOptions>();
    command->add_option("scene", options->scene, "Scene file (YAML)")->required();
    command
        ->add_option("--rig", options->rig,
                     "A rig or views (YAML), an RTK geometry (XML) or 3x4 matrices (text)")
        ->required();
    add_view_options(*command, options->detector);
    command->add_option("--energy-kev", options->energy_kev, "Energy of the beam")
        ->capture_default_str();
    add_output_options(*command, options->output);
    command->callback([options, &run] { run = [options] { render_scene(*options); }; });
}

}  // namespace tools
