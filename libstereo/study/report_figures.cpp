#include "markup.hpp"
#include "plot.hpp"
#include "report_parts.hpp"
#include "svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace stereo {
namespace {

constexpr double picture_width = 440.0;
constexpr double left_margin = 58.0;
constexpr double top_margin = 12.0;
constexpr double right_margin = 14.0;
constexpr double bottom_margin = 42.0;

// An empty plot of the given height in a picture of its own.
struct Figure {
    Svg svg;
    Plot plot;
};

Figure make_figure(std::string_view title, double plot_height, const Eigen::Vector2d& data_min,
                   const Eigen::Vector2d& data_max, std::string_view x_label,
                   std::string_view y_label) {
    const Plot plot{data_min,
                    data_max,
                    {left_margin, top_margin},
                    {picture_width - left_margin - right_margin, plot_height}};
    Figure figure{Svg({0.0, 0.0}, {picture_width, plot_height + top_margin + bottom_margin}, title),
                  plot};
    draw_axes(figure.svg, plot, x_label, y_label);
    return figure;
}

double square() {
    return picture_width - left_margin - right_margin;
}

bool usable(const ValidationResult& r) {
    const Calibration& c = r.calibration;
    return !c.residuals_px.empty() &&
           c.residuals_px.size() == r.calibration_observations.items.size() &&
           c.used.size() == c.residuals_px.size();
}

double coordinate_rms_px(const ValidationResult& r) {
    return r.calibration.rms_px / std::numbers::sqrt2;
}

// Largest coordinate of a used residual, px.
double residual_range(const ValidationResult& r) {
    double range = 2.5 * coordinate_rms_px(r);
    for (std::size_t i = 0; i < r.calibration.residuals_px.size(); ++i)
        if (r.calibration.used[i] && r.calibration.residuals_px[i].allFinite())
            range = std::max(range, r.calibration.residuals_px[i].cwiseAbs().maxCoeff());
    return range > 0.0 ? 1.08 * range : 1.0;
}

std::string residual_scatter(const ValidationResult& r, int view, double range) {
    Figure f = make_figure(fmt::format("Reprojection residuals of view {}", view), square(),
                           {-range, -range}, {range, range}, "along columns, px", "along rows, px");
    std::size_t count = 0;
    for (std::size_t i = 0; i < r.calibration.residuals_px.size(); ++i) {
        if (!r.calibration.used[i] || r.calibration_observations.items[i].view != view) continue;
        const Eigen::Vector2d& e = r.calibration.residuals_px[i];
        f.svg.circle(f.plot.at(e.x(), -e.y()), 1.9, fmt::format("class=\"dot v{}\"", view));
        ++count;
    }
    const double radius = ellipse_95 * coordinate_rms_px(r) * f.plot.units_per_x();
    f.svg.circle(f.plot.at(0.0, 0.0), radius, "class=\"limit\"");
    return figure(f.svg.str(),
                  fmt::format("<b class=\"v{0}\">View {0}</b>: {1} reprojection residuals. The "
                              "circle holds 95 % of a Gaussian of their RMS, {2} px in each "
                              "coordinate.",
                              view, count, fixed(coordinate_rms_px(r), 4)));
}

std::string residual_vectors(const ValidationResult& r, int view) {
    const Observations& o = r.calibration_observations;
    const double width = std::max(1, o.width_px);
    const double height = std::max(1, o.height_px);
    const double size = std::max(width, height);
    const double rms = r.calibration.rms_px > 0.0 ? r.calibration.rms_px : 1.0;
    const double magnification = nice_above(0.012 * size / rms);
    const Eigen::Vector2d frame(0.02 * size, 0.02 * size);
    Svg svg(-frame, Eigen::Vector2d(width, height) + 2.0 * frame,
            fmt::format("Residual vectors over the detector of view {}", view));
    svg.raw(fmt::format("<g stroke-width=\"{:.2f}\">\n", size / 500.0));
    svg.rectangle({-0.5, -0.5}, {width, height}, "class=\"frame\"");
    for (std::size_t i = 0; i < o.items.size(); ++i) {
        if (o.items[i].view != view || !r.calibration.used[i]) continue;
        svg.line(o.items[i].pixel, o.items[i].pixel + magnification * r.calibration.residuals_px[i],
                 fmt::format("class=\"vector v{}\"", view));
    }
    svg.raw("</g>\n");
    return figure(svg.str(),
                  fmt::format("<b class=\"v{0}\">View {0}</b>: the same residuals over the "
                              "detector, magnified {1} times. Neighbours that point the same way "
                              "would betray distortion or a wrong model.",
                              view, fixed(magnification, 0)));
}

// Counts in equal bins from `low` to `high`; values outside are left out.
std::vector<double> histogram(const std::vector<double>& values, double low, double high,
                              std::size_t bins) {
    std::vector<double> counts(bins, 0.0);
    for (const double value : values) {
        const double place = (value - low) / (high - low) * static_cast<double>(bins);
        if (!(place >= 0.0)) continue;
        const auto bin = std::min(static_cast<std::size_t>(place), bins - 1);
        if (value <= high) counts[bin] += 1.0;
    }
    return counts;
}

void draw_bars(Svg& svg, const Plot& plot, const std::vector<double>& counts) {
    const double step =
        (plot.data_max.x() - plot.data_min.x()) / static_cast<double>(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double x = plot.data_min.x() + static_cast<double>(i) * step;
        const Eigen::Vector2d top = plot.at(x, counts[i]);
        const Eigen::Vector2d bottom = plot.at(x + step, 0.0);
        svg.rectangle(top + Eigen::Vector2d(0.5, 0.0), bottom - top - Eigen::Vector2d(1.0, 0.0),
                      "class=\"bar\"");
    }
}

std::string residual_histogram(const ValidationResult& r) {
    constexpr double range = 4.0;  // standard deviations; 1 in 16000 lies outside
    constexpr std::size_t bins = 32;
    std::vector<double> values;
    for (std::size_t i = 0; i < r.calibration.residuals_px.size(); ++i)
        if (r.calibration.used[i])
            for (const double e : r.calibration.residuals_px[i])
                values.push_back(
                    e / (r.calibration.sigma0 * r.calibration_observations.items[i].sd_px));
    if (values.empty() || !(r.calibration.sigma0 > 0.0)) return "";
    const std::vector<double> counts = histogram(values, -range, range, bins);
    const double width = 2.0 * range / bins;
    const auto expected = [&](double x) {
        return static_cast<double>(values.size()) * width * std::exp(-x * x / 2.0) /
               std::sqrt(2.0 * std::numbers::pi);
    };
    const double top =
        1.1 * std::max(expected(0.0), *std::max_element(counts.begin(), counts.end()));
    Figure f = make_figure("Histogram of the residuals", 240.0, {-range, 0.0}, {range, top},
                           "residual / its standard deviation", "count");
    draw_bars(f.svg, f.plot, counts);
    std::vector<Eigen::Vector2d> curve;
    for (int i = 0; i <= 80; ++i) {
        const double x = -range + 2.0 * range * i / 80.0;
        curve.push_back(f.plot.at(x, expected(x)));
    }
    f.svg.polyline(curve, "class=\"curve\"");
    return figure(
        f.svg.str(),
        "All residuals, both coordinates and views, over σ₀ times the standard deviation that "
        "the detector claims for the bead, against the standard Gaussian.");
}

// Half-width of a plot that shows all errors and the ellipse, for both figures alike.
double error_range(const std::vector<Eigen::Vector3d>& errors, const PointErrors& predicted,
                   bool depth) {
    const auto part = [&](const Eigen::Vector3d& e) {
        return depth ? std::abs(e.z()) : std::max(std::abs(e.x()), std::abs(e.y()));
    };
    double range = ellipse_95 * part(predicted.rms_mm);
    for (const Eigen::Vector3d& e : errors)
        if (e.allFinite()) range = std::max(range, part(e));
    return range;
}

std::string held_out_figure(const ValidationResult& r, bool aligned) {
    std::vector<Eigen::Vector3d> errors;
    for (const HeldOutPoint& p : r.held_out)
        errors.push_back(r.truth.stereo_from_world *
                         ((aligned ? p.aligned_mm : p.found_mm) - p.true_mm));
    const PointErrors& predicted = aligned ? r.predicted_aligned : r.predicted_absolute;

    // One scale for both axes, so that the shape of the cloud is the shape of the error.
    double depth = 1.08 * error_range(errors, predicted, true);
    double lateral = 1.15 * error_range(errors, predicted, false);
    if (!(depth > 0.0)) depth = 1.0;
    if (!(lateral > 0.0)) lateral = depth;
    const double width = square();
    lateral = std::max(lateral, 0.25 * depth);  // a flat strip is hard to read
    depth = std::max(depth, lateral);
    Figure f = make_figure(aligned ? "Held-out errors after alignment" : "Held-out errors",
                           width * lateral / depth, {-depth, -lateral}, {depth, lateral},
                           "depth error, mm", "lateral error, mm");
    const Eigen::Vector3d& sd = predicted.rms_mm;
    std::size_t inside = 0;
    for (const Eigen::Vector3d& e : errors) {
        f.svg.circle(f.plot.at(e.z(), e.x()), 2.2, "class=\"dot along\"");
        f.svg.circle(f.plot.at(e.z(), e.y()), 2.2, "class=\"dot across\"");
        for (const int axis : {0, 1})
            if (std::hypot(e.z() / sd.z(), e(axis) / sd(axis)) <= ellipse_95) ++inside;
    }
    for (const int axis : {0, 1})
        f.svg.ellipse(f.plot.at(0.0, 0.0),
                      ellipse_95 * f.plot.units_per_x() * Eigen::Vector2d(sd.z(), sd(axis)),
                      axis == 0 ? "class=\"limit along\"" : "class=\"limit across\"");
    const double share =
        errors.empty() ? std::numeric_limits<double>::quiet_NaN()
                       : 50.0 * static_cast<double>(inside) / static_cast<double>(errors.size());
    return figure(
        f.svg.str(),
        fmt::format("{} <span class=\"along\">Full: along the baseline</span>, <span "
                    "class=\"across\">hollow: across it</span>. The ellipses are predicted to hold "
                    "95 %; they hold {} %{}",
                    aligned ? "<b>After rigid alignment</b>: what the triangulation itself errs."
                            : "<b>In the world frame as calibrated</b>: the error of the frame is "
                              "part of it.",
                    fixed(share, 1),
                    aligned
                        ? "."
                        : ", but all points share one error of the frame, so that any share may "
                          "come by chance."));
}

}  // namespace

std::string residual_figures(const ValidationResult& r) {
    if (!usable(r)) return "";
    const double range = residual_range(r);
    std::string out;
    for (const int view : {0, 1})
        out += residual_scatter(r, view, range);
    for (const int view : {0, 1})
        out += residual_vectors(r, view);
    return out + residual_histogram(r);
}

std::string epipolar_figure(const ValidationResult& r) {
    const EpipolarCheck& e = r.epipolar;
    if (e.a_px.empty() || e.a_px.size() != e.b_px.size() || e.calibrated.isZero()) return "";
    std::vector<double> values;
    for (std::size_t i = 0; i < e.a_px.size(); ++i)
        values.push_back(symmetric_distance_px(e.calibrated, e.a_px[i], e.b_px[i]));
    const double rms = e.of_calibrated.rms_px;
    double high = 0.0;
    for (const double value : values)
        high = std::max(high, value);
    high = std::min(high, 8.0 * rms);  // a few mismatches must not hide all others
    if (!(high > 0.0)) return "";
    const std::vector<double> counts = histogram(values, 0.0, high, 30);
    const double top = 1.1 * *std::max_element(counts.begin(), counts.end());
    Figure f = make_figure("Histogram of epipolar distances", 240.0, {0.0, 0.0}, {high, top},
                           "symmetric point-to-line distance, px", "matches");
    draw_bars(f.svg, f.plot, counts);
    f.svg.line(f.plot.at(rms, 0.0), f.plot.at(rms, top), "class=\"mark\"");
    f.svg.text(f.plot.at(rms, top) + Eigen::Vector2d(5.0, 14.0), "RMS " + fixed(rms, 4) + " px",
               "class=\"tick\"");
    return figure(f.svg.str(),
                  fmt::format("{} matches of all calibration poses against the epipolar lines that "
                              "the calibration implies.",
                              values.size()));
}

std::string held_out_figures(const ValidationResult& r) {
    if (r.held_out.empty()) return "";
    return held_out_figure(r, true) + held_out_figure(r, false);
}

}  // namespace stereo
