#include "commands.hpp"
#include "progress_bar.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/imaging/image_io.hpp>
#include <stereo/detect/bead_detector.hpp>
#include <stereo/detect/detections_io.hpp>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tools {
namespace {

struct DetectArguments {
    std::vector<std::string> images;
    stereo::BeadDetectorOptions options;
    bool bright = false;
    std::string folder = ".";
};

// Shown range of greys: the middle 99 % of them.
constexpr double overlay_tail = 0.005;

/// The image in 8 bits with a numbered circle around each bead: green where nothing is flagged.
void write_overlay(const std::filesystem::path& path, const drr::Image<float>& image,
                   const std::vector<stereo::BeadDetection>& beads) {
    std::vector<float> greys = image.pixels();
    const auto tail =
        static_cast<std::ptrdiff_t>(overlay_tail * static_cast<double>(greys.size() - 1));
    std::nth_element(greys.begin(), greys.begin() + tail, greys.end());
    const float low = greys[static_cast<std::size_t>(tail)];
    std::nth_element(greys.begin(), greys.end() - 1 - tail, greys.end());
    const float high = std::max(low + 1e-6F, *(greys.end() - 1 - tail));
    drr::Image<std::uint8_t> grey = drr::to_8_bits(image, low, high);
    const cv::Mat mat(grey.height(), grey.width(), CV_8U, grey.pixels().data());
    cv::Mat colour;
    cv::cvtColor(mat, colour, cv::COLOR_GRAY2BGR);
    // Sixteenths of a pixel, so that the drawn circles are where the beads are.
    constexpr int shift = 4;
    const auto fixed = [](double value) { return static_cast<int>(std::lround(value * 16.0)); };
    int number = 0;
    for (const stereo::BeadDetection& bead : beads) {
        const cv::Scalar paint =
            bead.flags == stereo::bead_ok ? cv::Scalar(60, 200, 60) : cv::Scalar(0, 140, 255);
        const double radius = 1.5 * bead.radius_px + 3.0;
        cv::circle(colour, {fixed(bead.center_px.x()), fixed(bead.center_px.y())}, fixed(radius),
                   paint, 1, cv::LINE_AA, shift);
        cv::putText(colour, std::to_string(++number),
                    {static_cast<int>(bead.center_px.x() + radius + 1.0),
                     static_cast<int>(bead.center_px.y() - 2.0)},
                    cv::FONT_HERSHEY_SIMPLEX, 0.4, paint, 1, cv::LINE_AA);
    }
    drr::write_file_with(path, [&](const std::filesystem::path& temporary) {
        if (!cv::imwrite(temporary.string(), colour))
            throw drr::Error(drr::ErrorCode::io, "the overlay cannot be written", path.string());
    });
}

/// What stands before ".beads.csv": the file's name without its type, where that is unambiguous.
std::vector<std::string> output_names(const std::vector<std::string>& images) {
    std::map<std::string, int> uses;
    for (const std::string& image : images)
        ++uses[std::filesystem::path(image).stem().string()];
    std::vector<std::string> names;
    for (const std::string& image : images) {
        const std::filesystem::path path(image);
        names.push_back(uses[path.stem().string()] == 1 ? path.stem().string()
                                                        : path.filename().string());
    }
    std::vector<std::string> sorted = names;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    drr::require(twice == sorted.end(),
                 twice == sorted.end()
                     ? ""
                     : fmt::format("two images are called '{}': their results would overwrite each "
                                   "other; run them into different folders (-o)",
                                   *twice));
    return names;
}

void detect(const DetectArguments& arguments) {
    stereo::BeadDetectorOptions options = arguments.options;
    options.dark = !arguments.bright;
    options.validate();
    const std::vector<std::string> names = output_names(arguments.images);
    const std::filesystem::path folder = arguments.folder;
    drr::make_folder(folder);
    const drr::ProgressSink progress = progress_bar();
    std::size_t beads = 0;
    for (std::size_t i = 0; i < arguments.images.size(); ++i) {
        const std::filesystem::path path = arguments.images[i];
        const drr::GreyImage image = drr::read_grey_image(path);
        const auto start = std::chrono::steady_clock::now();
        const stereo::BeadDetectorResult result = stereo::detect_beads(image.pixels, options);
        const std::chrono::duration<double, std::milli> time =
            std::chrono::steady_clock::now() - start;
        stereo::write_detections(folder / (names[i] + ".beads.csv"),
                                 {path.filename().string(), result.beads});
        write_overlay(folder / (names[i] + ".beads.png"), image.pixels, result.beads);
        if (result.beads.empty())
            fmt::print("{}: no beads of about {} px diameter; {} ({:.0f} ms)\n",
                       path.filename().string(), options.diameter_px, result.summary, time.count());
        else
            fmt::print("{}: {} ({:.0f} ms)\n", path.filename().string(), result.summary,
                       time.count());
        beads += result.beads.size();
        if (progress) progress("detect", i + 1, arguments.images.size());
    }
    fmt::print("written to {}: per image .beads.csv and .beads.png\n", folder.string());
    if (beads == 0) throw NoResult("no image has any bead");
}

}  // namespace

void add_detect(CLI::App& app, Run& run) {
    const auto arguments = std::make_shared<DetectArguments>();
    CLI::App* command = app.add_subcommand("detect", "Find beads in radiographs to sub-pixel");
    command->add_option("images", arguments->images, "Grey images (PNG, TIFF, ...)")->required();
    command
        ->add_option("--diameter-px", arguments->options.diameter_px,
                     "Expected diameter of a bead's shadow, px")
        ->required();
    command->add_option("--diameter-factor", arguments->options.diameter_factor,
                        "Diameters between 1/F and F times that are taken (default 1.6)");
    command->add_option("--min-contrast", arguments->options.min_contrast,
                        "Least depth of a shadow over its background (default 0.08)");
    command->add_option("--blur-px", arguments->options.blur_px,
                        "Blur (standard deviation); 0 estimates it (default)");
    command->add_flag("--bright", arguments->bright, "Beads are brighter than their background");
    command->add_option("-o,--output", arguments->folder, "Folder for the results (default .)");
    command->callback([arguments, &run] { run = [arguments] { detect(*arguments); }; });
}

}  // namespace tools
