#include "pictures/match_picture.hpp"

#include "outputs/scale_bar.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/order_statistics.hpp>
#include <drr/geometry/rescaled_px.hpp>
#include <drr/imaging/image_io.hpp>

#include <Eigen/Geometry>
#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace tools {
namespace {

const cv::Scalar good(60, 160, 40);  // blue, green, red
const cv::Scalar bad(40, 40, 220);
const cv::Scalar line_paint(200, 140, 60);
const cv::Scalar ink(52, 44, 40);

constexpr int panel_px = 900;  // longest side of a view
constexpr int header_px = 36;  // for the title
constexpr int gap_px = 12;     // between the views
constexpr int shift = 4;       // sixteenths of a pixel
constexpr double arrow_px = 12.0;
constexpr double least_bar_px = 40.0;   // of the picture: a scale bar that can be read
constexpr std::size_t most_lines = 25;  // of good matches: more of them would be a blue field

// A view's panel and the scale from its pixels.
struct Panel {
    cv::Mat image;
    double scale = 1.0;

    [[nodiscard]] cv::Point at(const Eigen::Vector2d& pixel) const {
        const Eigen::Vector2d p = drr::rescaled_px(pixel, scale) * (1 << shift);
        return {static_cast<int>(std::lround(p.x())), static_cast<int>(std::lround(p.y()))};
    }
};

Panel panel_of(const std::optional<std::filesystem::path>& path, const Eigen::Vector2i& size_px) {
    cv::Mat grey;
    if (path) {
        drr::Image<float> pixels = drr::read_grey_image(*path).pixels;
        const cv::Mat raw(pixels.height(), pixels.width(), CV_32F, pixels.pixels().data());
        cv::normalize(raw, grey, 0.0, 255.0, cv::NORM_MINMAX, CV_8U);
    } else {
        grey = cv::Mat(size_px.y(), size_px.x(), CV_8U, cv::Scalar(255.0));
    }
    Panel panel;
    panel.scale = double(panel_px) / std::max(grey.cols, grey.rows);
    cv::resize(grey, grey, {}, panel.scale, panel.scale,
               panel.scale < 1.0 ? cv::INTER_AREA : cv::INTER_LINEAR);
    cv::cvtColor(grey, panel.image, cv::COLOR_GRAY2BGR);
    return panel;
}

// The part of a line that crosses a view, from side to side.
void draw_line(Panel& panel, const Eigen::Vector3d& line, const cv::Scalar& paint) {
    const double width = panel.image.cols / panel.scale;
    const double height = panel.image.rows / panel.scale;
    const bool across = std::abs(line.y()) > std::abs(line.x());
    const auto point = [&](double along) -> Eigen::Vector2d {
        return across ? Eigen::Vector2d(along, -(line.x() * along + line.z()) / line.y())
                      : Eigen::Vector2d(-(line.y() * along + line.z()) / line.x(), along);
    };
    cv::line(panel.image, panel.at(point(-0.5)), panel.at(point((across ? width : height) - 0.5)),
             paint, 1, cv::LINE_AA, shift);
}

// Which good matches get their epipolar line: evenly over the second view, by where the lines pass
// its middle.
std::vector<bool> with_line(const MatchPicture& picture, const std::vector<DrawnMatch>& matches) {
    std::vector<bool> chosen(matches.size(), false);
    if (!picture.fundamental) return chosen;
    std::vector<std::pair<double, std::size_t>> by_place;
    Eigen::Vector2d middle = Eigen::Vector2d::Zero();
    for (const DrawnMatch& match : matches)
        middle += match.pixel[1] / static_cast<double>(matches.size());
    for (std::size_t i = 0; i < matches.size(); ++i) {
        chosen[i] = matches[i].is_bad;
        if (matches[i].is_bad) continue;
        Eigen::Vector3d line = *picture.fundamental * matches[i].pixel[0].homogeneous();
        line /= line.head<2>().norm();
        // One sign for all: lines of one view are nearly parallel.
        if (line[std::abs(line.y()) > std::abs(line.x()) ? 1 : 0] < 0.0) line = -line;
        by_place.emplace_back(line.dot(middle.homogeneous()), i);
    }
    std::sort(by_place.begin(), by_place.end());
    const std::size_t lines = std::min(most_lines, by_place.size());
    for (std::size_t k = 0; k < lines; ++k)
        chosen[by_place[lines == 1 ? 0 : k * (by_place.size() - 1) / (lines - 1)].second] = true;
    return chosen;
}

std::vector<double> residuals_px(const std::vector<DrawnMatch>& matches) {
    std::vector<double> lengths;
    for (const DrawnMatch& match : matches)
        for (std::size_t v = 0; v < 2; ++v)
            lengths.push_back((match.corrected[v] - match.pixel[v]).norm());
    return lengths;
}

// A bar as long as a residual of a round number of pixels would be drawn, and that number.
void draw_scale_bar(cv::Mat& whole, double picture_px_per_px) {
    const double length_px = round_length(least_bar_px / picture_px_per_px);
    const int bar = static_cast<int>(std::lround(length_px * picture_px_per_px));
    const std::string label = fmt::format("residuals: {:g} px", length_px);
    int baseline = 0;
    const cv::Size size = cv::getTextSize(label, cv::FONT_HERSHEY_SIMPLEX, 0.55, 1, &baseline);
    const int right = whole.cols - 12;
    const int middle = header_px / 2;
    cv::line(whole, {right - bar, middle}, {right, middle}, good, 2, cv::LINE_8);
    for (const int end : {right - bar, right})
        cv::line(whole, {end, middle - 5}, {end, middle + 5}, good, 2, cv::LINE_8);
    cv::putText(whole, label, {right - bar - 10 - size.width, 24}, cv::FONT_HERSHEY_SIMPLEX, 0.55,
                ink, 1, cv::LINE_AA);
}

}  // namespace

void write_match_picture(const std::filesystem::path& path, const MatchPicture& picture,
                         const std::vector<DrawnMatch>& matches) {
    std::array<Panel, 2> panels;
    for (std::size_t v = 0; v < 2; ++v)
        panels[v] = panel_of(picture.images[v], picture.size_px[v]);
    const std::vector<double> residuals = residuals_px(matches);
    const double median = residuals.empty() ? 0.0 : drr::median(residuals);
    // The largest factor that is easily read and keeps the median short.
    double factor = 1.0;
    for (const double candidate : {2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0})
        if (candidate * median * panels[0].scale <= arrow_px) factor = candidate;
    const std::vector<bool> lined = with_line(picture, matches);
    for (std::size_t v = 0; v < 2; ++v) {
        Panel& panel = panels[v];
        for (std::size_t i = 0; i < matches.size(); ++i) {
            if (!lined[i]) continue;
            const Eigen::Matrix3d f =
                v == 1 ? *picture.fundamental : Eigen::Matrix3d(picture.fundamental->transpose());
            draw_line(panel, f * matches[i].pixel[1 - v].homogeneous(),
                      matches[i].is_bad ? bad : line_paint);
        }
        for (const DrawnMatch& match : matches) {
            const cv::Scalar& paint = match.is_bad ? bad : good;
            const Eigen::Vector2d& pixel = match.pixel[v];
            cv::circle(panel.image, panel.at(pixel), 5 << shift, paint, 1, cv::LINE_AA, shift);
            cv::line(panel.image, panel.at(pixel),
                     panel.at(pixel + (match.is_bad ? 1.0 : factor) * (match.corrected[v] - pixel)),
                     paint, 2, cv::LINE_AA, shift);
            if (!match.is_bad) continue;
            const cv::Point corner = panel.at(pixel);
            cv::putText(panel.image, match.name, {(corner.x >> shift) + 7, (corner.y >> shift) - 5},
                        cv::FONT_HERSHEY_SIMPLEX, 0.45, bad, 1, cv::LINE_AA);
        }
    }
    const int height = std::max(panels[0].image.rows, panels[1].image.rows) + header_px;
    cv::Mat whole(height, panels[0].image.cols + gap_px + panels[1].image.cols, CV_8UC3,
                  cv::Scalar(225.0, 225.0, 225.0));
    int left = 0;
    for (const Panel& panel : panels) {
        panel.image.copyTo(whole(cv::Rect(left, header_px, panel.image.cols, panel.image.rows)));
        left += panel.image.cols + gap_px;
    }
    const auto line_count = std::count(lined.begin(), lined.end(), true);
    const std::string lines =
        picture.fundamental && static_cast<std::size_t>(line_count) < matches.size()
            ? fmt::format("; {} lines drawn", line_count)
            : "";
    cv::putText(whole, picture.title + lines, {8, 24}, cv::FONT_HERSHEY_SIMPLEX, 0.55, ink, 1,
                cv::LINE_AA);
    // Matches that lie on their lines have no residuals to measure.
    const bool to_measure = std::any_of(
        residuals.begin(), residuals.end(),
        [&](double residual_px) { return residual_px * factor * panels[0].scale > 1.0; });
    if (to_measure) draw_scale_bar(whole, factor * panels[0].scale);
    drr::write_file_with(path, [&](const std::filesystem::path& temporary) {
        if (!cv::imwrite(temporary.string(), whole))
            throw drr::Error(drr::ErrorCode::io, "the picture cannot be written", path.string());
    });
}

}  // namespace tools
