#include "markup.hpp"
#include "report_parts.hpp"
#include "svg.hpp"

#include <drr/core/base64.hpp>
#include <drr/imaging/image_io.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace stereo {
namespace {

constexpr int max_side_px = 768;        // sharp on a screen, and the page stays below 2.5 MB
constexpr int epipolar_bead_count = 6;  // more lines than this hide the image
constexpr double tail = 0.001;          // of the pixels, clipped at either end of the grey scale

// Mean over boxes (Shannon would want a better filter; a thumbnail does not).
drr::Image<float> shrink(const drr::Image<std::uint16_t>& image) {
    const double step =
        std::max(1.0, static_cast<double>(std::max(image.width(), image.height())) / max_side_px);
    const auto size = [&](int n) { return std::max(1, static_cast<int>(std::floor(n / step))); };
    drr::Image<float> small(size(image.width()), size(image.height()));
    const auto first = [&](int i) { return static_cast<int>(std::floor(i * step)); };
    for (int row = 0; row < small.height(); ++row) {
        const int last_row = std::clamp(first(row + 1), first(row) + 1, image.height());
        for (int column = 0; column < small.width(); ++column) {
            const int last_column = std::clamp(first(column + 1), first(column) + 1, image.width());
            double sum = 0.0;
            for (int v = first(row); v < last_row; ++v)
                for (int u = first(column); u < last_column; ++u)
                    sum += image(u, v);
            small(column, row) =
                static_cast<float>(sum / ((last_row - first(row)) * (last_column - first(column))));
        }
    }
    return small;
}

// Dense is bright, as on a clinical screen: marks in colour stand out of the dark surroundings.
std::string clinical_png(const drr::Image<std::uint16_t>& image) {
    const drr::Image<float> small = shrink(image);
    std::vector<float> sorted = small.pixels();
    std::sort(sorted.begin(), sorted.end());
    const auto quantile = [&](double q) {
        return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
    };
    const float low = quantile(tail);
    const float high = std::max(quantile(1.0 - tail), low + 1.0F);
    return drr::encode_png(drr::to_8_bits(small, high, low));
}

const ImageRecord* first_pose_record(const ValidationResult& r, int view) {
    for (const ImageRecord& image : r.images)
        if (image.pose == 0 && image.view == view) return &image;
    return nullptr;
}

struct Match {
    int marker = 0;
    std::array<Eigen::Vector2d, 2> pixel;
};

std::optional<Eigen::Vector2d> pixel_of(const ImageRecord& image, int marker) {
    for (std::size_t i = 0; i < std::min(image.detection.beads.size(), image.marker_of_bead.size());
         ++i)
        if (image.marker_of_bead[i] == marker) return image.detection.beads[i].center_px;
    return std::nullopt;
}

// A few beads seen in both views, evenly from top to bottom so that their lines stay apart.
std::vector<Match> epipolar_beads(const ValidationResult& r) {
    const ImageRecord* const a = first_pose_record(r, 0);
    const ImageRecord* const b = first_pose_record(r, 1);
    if (a == nullptr || b == nullptr || !r.calibration.ok || r.epipolar.calibrated.isZero())
        return {};
    std::vector<Match> all;
    for (const int marker : a->marker_of_bead) {
        if (marker < 0) continue;
        const auto in_a = pixel_of(*a, marker);
        const auto in_b = pixel_of(*b, marker);
        if (in_a && in_b) all.push_back({marker, {*in_a, *in_b}});
    }
    std::sort(all.begin(), all.end(), [](const Match& p, const Match& q) {
        return p.pixel[0].y() != q.pixel[0].y() ? p.pixel[0].y() < q.pixel[0].y()
                                                : p.marker < q.marker;
    });
    if (all.size() <= epipolar_bead_count) return all;
    std::vector<Match> chosen;
    for (std::size_t i = 0; i < epipolar_bead_count; ++i)
        chosen.push_back(all[(2 * i + 1) * all.size() / (2 * epipolar_bead_count)]);
    return chosen;
}

// The line l . (u, v, 1) = 0 inside the image.
std::vector<Eigen::Vector2d> clip_line(const Eigen::Vector3d& l, double width, double height) {
    std::vector<Eigen::Vector2d> ends;
    const auto add = [&](double u, double v) {
        const double slack = 1e-6;
        if (u >= -0.5 - slack && u <= width - 0.5 + slack && v >= -0.5 - slack &&
            v <= height - 0.5 + slack)
            ends.emplace_back(u, v);
    };
    if (std::abs(l.y()) >= std::abs(l.x())) {
        for (const double u : {-0.5, width - 0.5})
            add(u, -(l.x() * u + l.z()) / l.y());
        if (ends.size() < 2 && l.x() != 0.0)
            for (const double v : {-0.5, height - 0.5})
                add(-(l.y() * v + l.z()) / l.x(), v);
    } else {
        for (const double v : {-0.5, height - 0.5})
            add(-(l.y() * v + l.z()) / l.x(), v);
        if (ends.size() < 2 && l.y() != 0.0)
            for (const double u : {-0.5, width - 0.5})
                add(u, -(l.x() * u + l.z()) / l.y());
    }
    if (ends.size() < 2) return {};
    ends.resize(2);
    return ends;
}

std::string radiograph(const ValidationResult& r, int view, const std::vector<Match>& matches) {
    const auto v = static_cast<std::size_t>(view);
    const drr::Image<std::uint16_t>& image = r.first_pose_images[v];
    const double width = image.width();
    const double height = image.height();
    // Marks keep their size relative to the picture, whatever the detector's resolution.
    const double unit = std::max(width, height) / 1024.0;
    Svg svg({-0.5, -0.5}, {width, height},
            fmt::format("Radiograph of view {} in the first pose with the beads found", view));
    svg.raw(
        fmt::format("<image id=\"radiograph-{}\" x=\"-0.5\" y=\"-0.5\" width=\"{}\" "
                    "height=\"{}\" preserveAspectRatio=\"none\" "
                    "href=\"data:image/png;base64,{}\"/>\n",
                    view, image.width(), image.height(), drr::base64(clinical_png(image))));

    svg.raw(fmt::format("<g fill=\"none\" stroke-width=\"{:.2f}\">\n", 2.4 * unit));
    for (std::size_t i = 0; i < matches.size(); ++i) {
        const Eigen::Vector3d other = matches[i].pixel[1 - v].homogeneous();
        const Eigen::Matrix3d& f = r.epipolar.calibrated;
        const Eigen::Vector3d line =
            view == 1 ? (f * other).eval() : (f.transpose() * other).eval();
        const auto ends = clip_line(line, width, height);
        if (ends.size() == 2) svg.line(ends[0], ends[1], fmt::format("class=\"e{}\"", i));
    }
    svg.raw("</g>\n");

    const ImageRecord* const record = first_pose_record(r, view);
    if (record == nullptr) return svg.str();
    svg.raw(fmt::format("<g fill=\"none\" stroke-width=\"{:.2f}\" font-size=\"{:.2f}\">\n",
                        3.0 * unit, 21.0 * unit));
    for (std::size_t i = 0; i < record->detection.beads.size(); ++i) {
        const BeadDetection& bead = record->detection.beads[i];
        const int marker = i < record->marker_of_bead.size() ? record->marker_of_bead[i] : -1;
        const double radius = bead.radius_px + 4.0 * unit;
        const auto match = std::find_if(matches.begin(), matches.end(),
                                        [&](const Match& m) { return m.marker == marker; });
        const std::string css =
            marker < 0               ? "unnamed"
            : match != matches.end() ? fmt::format("e{}", match - matches.begin())
            : marker >= static_cast<int>(r.spec.phantom.beads.size()) ? "reference"
                                                                      : "named";
        svg.circle(bead.center_px, radius, fmt::format("class=\"{}\"", css));
        if (marker >= 0)
            svg.text(bead.center_px + Eigen::Vector2d(radius + 2.0 * unit, -radius / 2.0),
                     marker_label(r.spec.phantom, marker), "class=\"marker\"");
    }
    svg.raw("</g>\n");
    return svg.str();
}

std::string caption(const ValidationResult& r, int view) {
    const ImageRecord* const record = first_pose_record(r, view);
    if (record == nullptr)
        return fmt::format("<b class=\"v{0}\">View {0}</b>: not measured.", view);
    const auto named = std::count_if(record->marker_of_bead.begin(), record->marker_of_bead.end(),
                                     [](int marker) { return marker >= 0; });
    const auto found = static_cast<std::ptrdiff_t>(record->detection.beads.size());
    return fmt::format(
        "<b class=\"v{0}\">View {0}</b>: {1} beads found, {2} named, {3} left without a name; {4} "
        "of {5} candidates were refused.",
        view, found, named, found - named, record->detection.refused.size(),
        record->detection.candidates);
}

}  // namespace

std::string radiograph_figures(const ValidationResult& r) {
    const std::vector<Match> matches = epipolar_beads(r);
    std::string out;
    for (int view = 0; view < 2; ++view)
        if (!r.first_pose_images[static_cast<std::size_t>(view)].empty())
            out += figure(radiograph(r, view, matches), caption(r, view), "radiograph");
    return out;
}

}  // namespace stereo
