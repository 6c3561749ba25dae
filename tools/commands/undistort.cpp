#include "commands/commands.hpp"
#include "inputs/image_tasks.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/imaging/image_io.hpp>
#include <stereo/calib/undistortion_io.hpp>
#include <stereo/detect/detections_io.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tools {
namespace {

struct UndistortArguments {
    std::string undistortion;
    std::vector<std::string> images;
    std::vector<std::string> points;
    bool lut = false;
    std::string folder;
};

stereo::Undistortion read_any(const std::filesystem::path& path) {
    return path.extension() == ".csv" ? stereo::read_lut(path) : stereo::read_undistortion(path);
}

template <class T>
drr::Image<T> rounded(const drr::Image<float>& image, int bits) {
    const double top = std::ldexp(1.0, bits) - 1.0;
    drr::Image<T> result(image.width(), image.height());
    std::transform(
        image.pixels().begin(), image.pixels().end(), result.pixels().begin(), [top](float v) {
            return static_cast<T>(std::clamp(std::round(static_cast<double>(v)), 0.0, top));
        });
    return result;
}

void undistort_points(const std::filesystem::path& path, const stereo::Undistortion& undistortion,
                      const std::filesystem::path& folder) {
    stereo::ImageDetections detections = stereo::read_detections(path);
    std::vector<stereo::BeadDetection> kept;
    std::vector<std::string> markers;
    for (std::size_t i = 0; i < detections.beads.size(); ++i) {
        stereo::BeadDetection bead = detections.beads[i];
        const auto place = undistortion.undistort(bead.center_px);
        if (!place) continue;
        bead.center_px = place->point_px;
        bead.covariance_px2 = place->jacobian * bead.covariance_px2 * place->jacobian.transpose();
        bead.radius_px *= std::sqrt(std::abs(place->jacobian.determinant()));
        kept.push_back(bead);
        if (!detections.markers.empty()) markers.push_back(detections.markers[i]);
    }
    // NAME.beads.csv becomes NAME.undistorted.beads.csv.
    const std::filesystem::path name = path.stem();
    const std::filesystem::path to =
        folder / (name.stem().string() + ".undistorted" + name.extension().string() + ".csv");
    fmt::print("{}: {} of {} points lie in the field: {}\n", path.filename().string(), kept.size(),
               detections.beads.size(), to.string());
    detections.beads = std::move(kept);
    detections.markers = std::move(markers);
    stereo::write_detections(to, detections);
}

void undistort(const UndistortArguments& arguments) {
    const std::filesystem::path from = arguments.undistortion;
    const stereo::Undistortion undistortion = read_any(from);
    const std::filesystem::path folder = arguments.folder;
    drr::make_folder(folder);
    fmt::print("{}: {}, {} x {} px\n", from.filename().string(), stereo::name_of(undistortion.map),
               undistortion.width_px, undistortion.height_px);
    if (!arguments.images.empty()) {
        const stereo::LookupMap table = stereo::lookup_map(undistortion);
        for (const ImageTask& task : image_tasks(arguments.images, 0)) {
            const drr::GreyImage image = drr::read_grey_image(task.image);
            drr::require(image.pixels.width() == undistortion.width_px &&
                             image.pixels.height() == undistortion.height_px,
                         fmt::format("{}: the image has {} x {} px, its undistortion {} x {}",
                                     task.image.name(), image.pixels.width(), image.pixels.height(),
                                     undistortion.width_px, undistortion.height_px));
            const drr::Image<float> result = stereo::undistort_image(image.pixels, table);
            const std::filesystem::path to = folder / (task.name + ".undistorted.png");
            if (image.bits == 8)
                drr::write_grey_image(to, rounded<std::uint8_t>(result, 8));
            else
                drr::write_grey_image(to, rounded<std::uint16_t>(result, 16));
            fmt::print("{}: {}\n", task.image.name(), to.string());
        }
    }
    for (const std::string& name : arguments.points)
        undistort_points(name, undistortion, folder);
    if (arguments.lut) {
        const std::filesystem::path to = folder / (from.stem().stem().string() + "_LUT.csv");
        stereo::write_lut(to, undistortion);
        fmt::print("XMALab's table: {}\n", to.string());
    }
}

}  // namespace

void add_undistort(CLI::App& app, Run& run) {
    const auto arguments = std::make_shared<UndistortArguments>();
    CLI::App* command = app.add_subcommand(
        "undistort", "Undistort images and points, by what `grid` found or a table of XMALab");
    command
        ->add_option("undistortion", arguments->undistortion,
                     "Undistortion (YAML) or a table of XMALab (_LUT.csv)")
        ->required();
    command->add_option("--images", arguments->images,
                        "Images to undistort, as `detect` takes them (PNG, TIFF, ...)");
    command->add_option("--points", arguments->points,
                        "Points to undistort (.beads.csv of `detect`)");
    command->add_flag("--lut", arguments->lut, "Write the table for XMALab");
    command->add_option("-o,--output", arguments->folder, "Folder for the results")->required();
    command->callback([arguments, &run] { run = [arguments] { undistort(*arguments); }; });
}

}  // namespace tools
