#include "pictures/canvas.hpp"

#include "pictures/palette_png.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace tools {
namespace {

constexpr int enlarged = 3;
constexpr int fraction_bits = 4;  // of the coordinates that OpenCV takes
constexpr int font = cv::FONT_HERSHEY_SIMPLEX;
constexpr double capital_px = 21.0;  // height of that font's capitals at scale 1

cv::Scalar scalar(Colour colour) {
    return {double(colour.blue), double(colour.green), double(colour.red)};
}

int fixed(double px) {
    return static_cast<int>(std::lround(px * enlarged * (1 << fraction_bits)));
}

cv::Point fixed(const Canvas::Point& point) {
    // Pixel centres are whole numbers to OpenCV, pixel corners here.
    return {fixed(point.x()) - (1 << (fraction_bits - 1)),
            fixed(point.y()) - (1 << (fraction_bits - 1))};
}

int thickness(double width_px) {
    return std::max(1, static_cast<int>(std::lround(width_px * enlarged)));
}

int text_thickness(double size_px, bool bold) {
    return std::max(1, static_cast<int>(std::lround(size_px * enlarged * (bold ? 0.17 : 0.1))));
}

std::vector<cv::Point> fixed(const std::vector<Canvas::Point>& points) {
    std::vector<cv::Point> result;
    result.reserve(points.size());
    for (const auto& point : points)
        result.push_back(fixed(point));
    return result;
}

}  // namespace

struct Canvas::Pixels {
    cv::Mat image;
};

Colour paler(Colour colour, double share) {
    const auto mix = [share](std::uint8_t value) {
        return static_cast<std::uint8_t>(std::lround(255.0 + share * (value - 255.0)));
    };
    return {mix(colour.red), mix(colour.green), mix(colour.blue)};
}

Canvas::Canvas(int width_px, int height_px)
    : pixels_(std::make_unique<Pixels>(
          Pixels{{height_px * enlarged, width_px * enlarged, CV_8UC3, cv::Scalar::all(255.0)}})) {}

Canvas::~Canvas() = default;
Canvas::Canvas(Canvas&&) noexcept = default;
Canvas& Canvas::operator=(Canvas&&) noexcept = default;

void Canvas::line(const Point& a, const Point& b, Colour colour, double width_px) {
    cv::line(pixels_->image, fixed(a), fixed(b), scalar(colour), thickness(width_px), cv::LINE_AA,
             fraction_bits);
}

void Canvas::dashes(const Point& a, const Point& b, Colour colour, double width_px) {
    constexpr double dash_px = 4.0;
    const double length = (b - a).norm();
    const int count = std::max(1, static_cast<int>(std::lround(length / (2.0 * dash_px))));
    for (int n = 0; n < count; ++n)
        line(a + (b - a) * (n / double(count)), a + (b - a) * ((n + 0.5) / count), colour,
             width_px);
}

void Canvas::fill(const std::vector<Point>& corners, Colour colour) {
    const auto points = fixed(corners);
    cv::fillConvexPoly(pixels_->image, points, scalar(colour), cv::LINE_AA, fraction_bits);
}

void Canvas::outline(const std::vector<Point>& corners, Colour colour, double width_px) {
    for (std::size_t n = 0; n < corners.size(); ++n)
        line(corners[n], corners[(n + 1) % corners.size()], colour, width_px);
}

void Canvas::dashed_outline(const std::vector<Point>& corners, Colour colour, double width_px) {
    // Many short sides are a round form: half of them are dashes.
    const bool round = corners.size() > 8;
    for (std::size_t n = 0; n < corners.size(); ++n) {
        const Point& next = corners[(n + 1) % corners.size()];
        if (!round)
            dashes(corners[n], next, colour, width_px);
        else if (n % 4 < 2)
            line(corners[n], next, colour, width_px);
    }
}

void Canvas::disc(const Point& centre, double radius_px, Colour colour) {
    cv::circle(pixels_->image, fixed(centre), fixed(radius_px), scalar(colour), cv::FILLED,
               cv::LINE_AA, fraction_bits);
}

void Canvas::circle(const Point& centre, double radius_px, Colour colour, double width_px) {
    cv::circle(pixels_->image, fixed(centre), fixed(radius_px), scalar(colour), thickness(width_px),
               cv::LINE_AA, fraction_bits);
}

double Canvas::text_width_px(const std::string& text, double size_px, bool bold) {
    int below = 0;
    return double(cv::getTextSize(text, font, size_px * enlarged / capital_px,
                                  text_thickness(size_px, bold), &below)
                      .width) /
           enlarged;
}

void Canvas::text(const Point& position, const std::string& text, double size_px, Colour colour,
                  Anchor anchor, bool bold) {
    const double shift = anchor == Anchor::left ? 0.0 : anchor == Anchor::middle ? 0.5 : 1.0;
    const double x = position.x() - shift * text_width_px(text, size_px, bold);
    cv::putText(pixels_->image, text,
                {static_cast<int>(std::lround(x * enlarged)),
                 static_cast<int>(std::lround(position.y() * enlarged))},
                font, size_px * enlarged / capital_px, scalar(colour),
                text_thickness(size_px, bold), cv::LINE_AA);
}

std::vector<std::string> wrapped(const std::string& text, double size_px, double width_px) {
    std::vector<std::string> lines(1);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string word = text.substr(at, end - at);
        std::string longer = lines.back().empty() ? word : lines.back() + " " + word;
        if (lines.back().empty() || Canvas::text_width_px(longer, size_px) <= width_px)
            lines.back() = std::move(longer);
        else
            lines.push_back(word);
        at = end + 1;
    }
    return lines;
}

std::string Canvas::png() const {
    cv::Mat small;
    cv::resize(pixels_->image, small, {}, 1.0 / enlarged, 1.0 / enlarged, cv::INTER_AREA);
    std::vector<std::array<std::uint8_t, 3>> pixels;
    pixels.reserve(small.total());
    for (int row = 0; row < small.rows; ++row)
        for (int column = 0; column < small.cols; ++column) {
            const auto& bgr = small.at<cv::Vec3b>(row, column);
            pixels.push_back({bgr[2], bgr[1], bgr[0]});
        }
    return palette_png(small.cols, small.rows, pixels);
}

}  // namespace tools
