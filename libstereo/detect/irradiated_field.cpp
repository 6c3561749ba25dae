#include "irradiated_field.hpp"

#include <drr/core/order_statistics.hpp>

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace stereo {
namespace {

// The search runs on an image of at most this size; the border is then drawn at full size.
constexpr int search_side_px = 256;
// A larger field's border is seen at this many levels, each twice the one before.
constexpr double level_ratio = 2.0;
// Bright grey: this percentile, past which there may be defects and burnt-out corners.
constexpr double bright_percentile = 0.9;
// The edge is judged so far inside and outside the border, px of the reduced image.
constexpr int edge_reach_px = 2;

using Contour = std::vector<cv::Point>;

bool touches_border(const cv::Mat& mask) {
    return cv::countNonZero(mask.row(0)) + cv::countNonZero(mask.row(mask.rows - 1)) +
               cv::countNonZero(mask.col(0)) + cv::countNonZero(mask.col(mask.cols - 1)) >
           0;
}

/// What is dark and connected with the image's border: 255 there.
cv::Mat dark_surroundings(const cv::Mat& image, double level) {
    cv::Mat dark;
    cv::compare(image, level, dark, cv::CMP_LT);
    if (!touches_border(dark)) return cv::Mat::zeros(image.size(), CV_8U);
    cv::Mat framed;
    cv::copyMakeBorder(dark, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(255));
    // 128: connected with the frame.
    cv::floodFill(framed, {0, 0}, cv::Scalar(128));
    cv::Mat surroundings;
    cv::compare(framed(cv::Rect(1, 1, image.cols, image.rows)), 128, surroundings, cv::CMP_EQ);
    return surroundings;
}

/// The largest region that is not surroundings; empty where there is none.
Contour largest_region(const cv::Mat& surroundings) {
    const cv::Mat rest = ~surroundings;
    std::vector<Contour> contours;
    cv::findContours(rest, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
    if (contours.empty()) return {};
    return *std::max_element(contours.begin(), contours.end(), [](const auto& a, const auto& b) {
        return cv::contourArea(a) < cv::contourArea(b);
    });
}

struct Border {
    double level = 0.0;
    double outside_grey = 1.0;  // over the grey inside
};

/// The border at one level, if it encloses a field.
std::optional<Border> border_at(const cv::Mat& image, double level, const FieldOptions& options) {
    const cv::Mat surroundings = dark_surroundings(image, level);
    const auto outside = static_cast<double>(cv::countNonZero(surroundings));
    const auto all = static_cast<double>(image.total());
    if (outside < options.min_outside_share * all || outside == all) return std::nullopt;
    const Contour region = largest_region(surroundings);
    if (region.size() < 3) return std::nullopt;
    Contour hull;
    cv::convexHull(region, hull);
    const double hull_area = cv::contourArea(hull);
    if (!(hull_area > 0.0)) return std::nullopt;
    cv::Mat inside(image.size(), CV_8U, cv::Scalar(0));
    cv::fillConvexPoly(inside, hull, cv::Scalar(255));
    // Surroundings inside the hull are notches; anything but surroundings outside is another field.
    const double notches = cv::countNonZero(inside & surroundings);
    const double others = cv::countNonZero(~inside & ~surroundings);
    const double filled = cv::countNonZero(inside);
    if (notches > (1.0 - options.min_solidity) * filled ||
        others > (1.0 - options.min_solidity) * filled)
        return std::nullopt;
    const cv::Mat near = cv::getStructuringElement(cv::MORPH_ELLIPSE,
                                                   {2 * edge_reach_px + 1, 2 * edge_reach_px + 1});
    // Only where the border is the field's own, not the image's.
    cv::Mat wide;
    cv::Mat narrow;
    cv::dilate(inside, wide, near);
    cv::erode(inside, narrow, near, {-1, -1}, 1, cv::BORDER_CONSTANT, cv::Scalar(255));
    const cv::Mat outer = wide & ~inside;
    const cv::Mat inner = inside & ~narrow;
    if (cv::countNonZero(outer) == 0 || cv::countNonZero(inner) == 0) return std::nullopt;
    const double outer_grey = cv::mean(image, outer)[0];
    const double inner_grey = cv::mean(image, inner)[0];
    if (!(outer_grey <= options.max_outside_grey * inner_grey)) return std::nullopt;
    return Border{0.5 * (outer_grey + inner_grey), outer_grey / inner_grey};
}

/// Reduced by a whole number, at most search_side_px a side.
cv::Mat reduced(const cv::Mat& image) {
    const int by =
        std::max(1, (std::max(image.cols, image.rows) + search_side_px - 1) / search_side_px);
    if (by == 1) return image.clone();
    cv::Mat small;
    cv::resize(image, small, {std::max(1, image.cols / by), std::max(1, image.rows / by)}, 0, 0,
               cv::INTER_AREA);
    return small;
}

double percentile(const cv::Mat& image, double share) {
    return drr::percentile(std::vector<float>(image.begin<float>(), image.end<float>()), share);
}

}  // namespace

bool IrradiatedField::contains(double column, double row) const {
    if (whole()) return true;
    const auto x = static_cast<int>(std::lround(column));
    const auto y = static_cast<int>(std::lround(row));
    return x >= 0 && y >= 0 && x < inside.width() && y < inside.height() && inside(x, y) != 0;
}

IrradiatedField find_irradiated_field(const drr::Image<float>& image, const FieldOptions& options) {
    if (!options.search || image.empty()) return {};
    const cv::Mat full(image.height(), image.width(), CV_32F,
                       const_cast<float*>(image.pixels().data()));  // not written to
    const cv::Mat small = reduced(full);
    const double bright = percentile(small, bright_percentile);
    if (!(bright > 0.0)) return {};
    std::optional<Border> best;
    for (double level = options.lowest_level; level <= options.highest_level;
         level *= level_ratio) {
        const std::optional<Border> border = border_at(small, level * bright, options);
        if (border && (!best || border->outside_grey < best->outside_grey)) best = border;
    }
    if (!best) return {};

    cv::Mat smooth;
    cv::blur(full, smooth, {3, 3});
    const Contour region = largest_region(dark_surroundings(smooth, best->level));
    if (region.size() < 3) return {};
    Contour hull;
    cv::convexHull(region, hull);
    IrradiatedField field;
    field.inside = drr::Image<std::uint8_t>(image.width(), image.height());
    cv::Mat inside(image.height(), image.width(), CV_8U, field.inside.pixels().data());
    cv::fillConvexPoly(inside, hull, cv::Scalar(1));
    const int margin = static_cast<int>(std::ceil(options.margin_px));
    if (margin > 0)
        // The border of the image is no border of the field.
        cv::erode(inside, inside,
                  cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * margin + 1, 2 * margin + 1}),
                  {-1, -1}, 1, cv::BORDER_CONSTANT, cv::Scalar(255));
    field.share = static_cast<double>(cv::countNonZero(inside)) / static_cast<double>(image.size());
    return field.share > 0.0 ? field : IrradiatedField{};
}

drr::Image<float> extended_beyond(const IrradiatedField& field, const drr::Image<float>& image) {
    drr::Image<float> result = image;
    if (field.whole()) return result;
    const cv::Mat inside(image.height(), image.width(), CV_8U,
                         const_cast<std::uint8_t*>(field.inside.pixels().data()));
    cv::Mat distance;
    cv::Mat nearest;
    cv::distanceTransform(inside == 0, distance, nearest, cv::DIST_L2, cv::DIST_MASK_5,
                          cv::DIST_LABEL_PIXEL);
    // The labels count the pixels inside.
    std::vector<float> grey_of_label(static_cast<std::size_t>(cv::countNonZero(inside)) + 1, 0.0F);
    for (int row = 0; row < image.height(); ++row)
        for (int column = 0; column < image.width(); ++column)
            if (field.inside(column, row) != 0)
                grey_of_label[static_cast<std::size_t>(nearest.at<int>(row, column))] =
                    image(column, row);
    for (int row = 0; row < image.height(); ++row)
        for (int column = 0; column < image.width(); ++column)
            if (field.inside(column, row) == 0)
                result(column, row) =
                    grey_of_label[static_cast<std::size_t>(nearest.at<int>(row, column))];
    return result;
}

drr::Image<float> replaced_beyond(const IrradiatedField& field, const drr::Image<float>& image,
                                  float value) {
    drr::Image<float> result = image;
    if (field.whole()) return result;
    std::transform(image.pixels().begin(), image.pixels().end(), field.inside.pixels().begin(),
                   result.pixels().begin(),
                   [&](float grey, std::uint8_t inside) { return inside != 0 ? grey : value; });
    return result;
}

}  // namespace stereo
