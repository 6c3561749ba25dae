#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/detect/detections_io.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <sstream>

namespace stereo {
namespace {

constexpr const char* header = "image,bead,x_px,y_px,radius_px,contrast,sd_x_px,sd_y_px,flags";

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> words;
    std::istringstream stream(text);
    for (std::string word; std::getline(stream, word, separator);)
        words.push_back(word);
    return words;
}

}  // namespace

void write_detections(const std::filesystem::path& path, const ImageDetections& detections) {
    // The name stands in a comma-separated file.
    drr::require(detections.image.find_first_of(",\n\r") == std::string::npos,
                 "an image's name in a detections file must not contain a comma");
    std::string text = fmt::format("{}\n", header);
    int number = 0;
    for (const BeadDetection& bead : detections.beads)
        text += fmt::format("{},{},{:.4f},{:.4f},{:.4f},{:.5f},{:.5f},{:.5f},{}\n",
                            detections.image, ++number, bead.center_px.x(), bead.center_px.y(),
                            bead.radius_px, bead.contrast, std::sqrt(bead.covariance_px2(0, 0)),
                            std::sqrt(bead.covariance_px2(1, 1)), bead_flags_text(bead.flags));
    drr::write_file(path, text);
}

ImageDetections read_detections(const std::filesystem::path& path) {
    std::istringstream text(drr::read_text_file(path));
    int number = 0;
    const auto fail = [&](const std::string& message) {
        throw drr::Error(drr::ErrorCode::invalid_file, message,
                         fmt::format("{}:{}", path.string(), number));
    };
    ImageDetections result;
    for (std::string line; std::getline(text, line);) {
        ++number;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (number == 1) {
            if (line != header) fail(fmt::format("the header '{}' was expected", header));
            continue;
        }
        if (line.empty()) continue;
        const std::vector<std::string> words = split(line, ',');
        if (words.size() != 9) fail(fmt::format("9 columns were expected, not {}", words.size()));
        if (result.beads.empty())
            result.image = words[0];
        else if (words[0] != result.image)
            fail("detections of one image were expected in one file");
        std::array<double, 6> values{};
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::string& word = words[i + 2];
            char* end = nullptr;
            values[i] = std::strtod(word.c_str(), &end);
            if (word.empty() || *end != '\0' || !std::isfinite(values[i]))
                fail(fmt::format("'{}' is not a finite number", word));
        }
        BeadDetection bead;
        bead.center_px = {values[0], values[1]};
        bead.radius_px = values[2];
        bead.contrast = values[3];
        bead.covariance_px2(0, 0) = values[4] * values[4];
        bead.covariance_px2(1, 1) = values[5] * values[5];
        for (const std::string& flag : split(words[8], '+')) {
            std::uint32_t found = bead_ok;
            for (std::uint32_t bit = 1; bit <= bead_saturated; bit *= 2)
                if (flag == bead_flags_text(bit)) found = bit;
            if (found == bead_ok && flag != bead_flags_text(bead_ok))
                fail(fmt::format("unknown flag '{}'", flag));
            bead.flags |= found;
        }
        result.beads.push_back(bead);
    }
    if (number == 0) fail("the file is empty");
    return result;
}

}  // namespace stereo
