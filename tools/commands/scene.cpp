#include "commands/commands.hpp"
#include "inputs/view_options.hpp"
#include "outputs/json_values.hpp"
#include "outputs/render_output.hpp"
#include "outputs/render_record.hpp"
#include "outputs/scene_radiographs.hpp"
#include "progress/interruption.hpp"
#include "progress/progress_bar.hpp"

#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <drr/geometry/view_files.hpp>
#include <drr/imaging/image_io.hpp>
#include <drr/scene/scene_yaml.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
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
    std::optional<std::string> imaging;
    std::uint64_t seed = 0;
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

std::string markers_header(bool distorted) {
    return fmt::format("frame,view,time_s,body,marker,x_mm,y_mm,z_mm,u_px,v_px{}\n",
                       distorted ? ",u_distorted_px,v_distorted_px" : "");
}

std::string marker_rows(const drr::Scene& scene, const ImageTruth& image, const drr::XrayView& view,
                        const std::optional<drr::IntensifierDistortion>& distortion) {
    std::string rows;
    for (const drr::SceneBody& body : scene.bodies) {
        const drr::Rigid3 pose = drr::world_from_body(body.motion, image.time_s);
        for (const drr::Marker& marker : body.markers) {
            const Eigen::Vector3d point = pose * marker.center_mm;
            const Eigen::Vector2d pixel = view.project(point);
            rows += fmt::format("{},{},{},{},{},{:.9f},{:.9f},{:.9f},{:.6f},{:.6f}", image.frame,
                                image.view, image.time_s, body.name, marker.name, point.x(),
                                point.y(), point.z(), pixel.x(), pixel.y());
            if (distortion) {
                const Eigen::Vector2d shown = distortion->distort(pixel);
                rows += fmt::format(",{:.6f},{:.6f}", shown.x(), shown.y());
            }
            rows += '\n';
        }
    }
    return rows;
}

drr::Image<float> line_integrals(const SceneOptions& options, const drr::Scene& scene,
                                 const NamedView& named, const ImageTruth& image) {
    return Instant(scene, image.time_s, options.energy_kev).line_integrals(named.view);
}

/// Writes line integrals and pictures of them, and returns the names of the files.
std::vector<std::string> write_windowed(const SceneOptions& options, const drr::Scene& scene,
                                        const NamedView& named, const ImageTruth& image,
                                        const drr::GreyWindow& window) {
    drr::DicomImageOptions dicom{.study = scene.name, .series = named.series};
    dicom.series_description = named.series;
    dicom.instance_number = named.number;
    return write_outputs(options.output, named, line_integrals(options, scene, named, image),
                         window, dicom);
}

/// Writes line integrals and a radiograph, and returns the names of the files.
std::vector<std::string> write_radiograph(const SceneOptions& options, const drr::Scene& scene,
                                          const NamedView& named, const ImageTruth& image,
                                          const drr::Image<std::uint16_t>& radiograph) {
    std::vector<std::string> names;
    if (wants_line_integrals(options.output))
        names = write_line_integrals(options.output, named,
                                     line_integrals(options, scene, named, image));
    for (const std::string& format : options.output.pictures)
        if (format != "none")
            drr::write_grey_image(
                fs::path(options.output.folder) / names.emplace_back(named.name + "." + format),
                radiograph);
    return names;
}

void render_scene(const SceneOptions& options) {
    std::optional<SceneImaging> imaging;
    if (options.imaging) {
        imaging = read_imaging(*options.imaging);
        const auto& pictures = options.output.pictures;
        drr::require(std::find(pictures.begin(), pictures.end(), "dicom") == pictures.end(),
                     "--picture: radiographs (--imaging) are written as png or tiff, not as dicom");
    }
    const drr::Scene scene = drr::read_scene(options.scene);
    drr::ViewSet set = drr::read_views(options.rig, options.detector.detector());
    set.place_rig(Eigen::Vector3d::Zero());
    drr::require(scene.timing.view_offsets_s.size() <= set.views.size(),
                 fmt::format("the scene has offsets of {} views, the rig has {}",
                             scene.timing.view_offsets_s.size(), set.views.size()));
    std::vector<NamedView> views;
    for (std::size_t v = 0; v < set.views.size(); ++v)
        views.push_back({fmt::format("view{}", v), set.views[v], fmt::format("view{}", v)});
    std::optional<SceneRadiographs> radiographs;
    std::optional<drr::IntensifierDistortion> distortion;
    drr::GreyWindow window;
    if (imaging) {
        radiographs.emplace(scene, *imaging, set.views, options.seed);
        distortion = imaging->radiograph.distortion;
    } else {
        window = choose_window(options.output, Instant(scene, 0.0, options.energy_kev), views);
    }

    const fs::path folder = options.output.folder;
    drr::make_folder(folder);
    std::error_code absent;
    fs::remove(folder / "truth.json", absent);  // it comes last: where it stands, all files do
    json images = json::array();
    std::string markers = markers_header(distortion.has_value());
    const drr::ProgressSink progress = progress_bar();
    const Interruption interruption;
    const std::size_t total = static_cast<std::size_t>(scene.timing.frames) * views.size();
    for (int frame = 0; frame < scene.timing.frames; ++frame)
        for (std::size_t v = 0; v < views.size(); ++v) {
            const ImageTruth image{frame, v, scene.timing.time_s(frame, v)};
            NamedView named = views[v];
            named.name += fmt::format("_frame{:04}", frame);
            named.number = frame + 1;
            const auto files = radiographs ? write_radiograph(options, scene, named, image,
                                                              radiographs->next_frame(v))
                                           : write_windowed(options, scene, named, image, window);
            images.push_back(poses_json(scene, image, files));
            markers += marker_rows(scene, image, named.view, distortion);
            Interruption::end_if_asked();
            if (progress) progress("images", images.size(), total);
        }
    drr::write_file(folder / "markers.csv", markers);
    json truth = {{"schema", "stereodrr/scene-truth/v1"},
                  {"version", drr::version()},
                  {"git_commit", drr::git_commit()},
                  {"scene", {{"file", options.scene}, {"name", scene.name}}},
                  {"energy_kev", options.energy_kev},
                  {"rig", rig_json(options.rig, set)}};
    if (imaging) {
        truth["imaging"] = {{"file", imaging->file}, {"yaml", imaging_yaml(*imaging)}};
        truth["seed"] = options.seed;
    } else {
        truth["picture_window"] = window_json(window);
    }
    truth["markers"] = "markers.csv";
    truth["images"] = images;
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
    command->add_option("--energy-kev", options->energy_kev, "Energy of line integrals")
        ->capture_default_str();
    add_output_options(*command, options->output);
    auto* imaging = command->add_option("--imaging", options->imaging,
                                        "Imaging file (YAML): pictures are radiographs with its "
                                        "beam, noise, blur and lag");
    for (const char* of_line_integrals : {"--scale", "--window", "--invert"})
        imaging->excludes(of_line_integrals);
    command->add_option("--seed", options->seed, "Of the radiographs' noise")
        ->capture_default_str()
        ->needs(imaging);
    command->callback([options, &run] { run = [options] { render_scene(*options); }; });
}

}  // namespace tools
