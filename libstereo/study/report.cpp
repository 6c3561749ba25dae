#include "effects.hpp"
#include "markup.hpp"
#include "report_parts.hpp"

#include <stereo/study/report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

// Hundreds of held-out points fix the ratio of an observed to a predicted RMS to a few per cent;
// up to the first bound error bars are called right, beyond the second wrong.
constexpr double right_ratio = 1.5;
constexpr double wrong_ratio = 2.0;
// One of a dozen parameters lies beyond this many standard deviations once in a thousand runs.
constexpr double wrong_sigmas = 4.0;

// The answer in plain words.
struct Verdict {
    std::string tone;  // good, doubt or bad
    std::string title;
    std::string text;  // paragraphs
};

Verdict failure(const ValidationResult& r) {
    return {"bad", "The procedure failed",
            fmt::format("<p>{}</p>\n<p>Below is what there is up to that point.</p>\n",
                        escape_text(r.summary.empty() ? "No reason was given." : r.summary))};
}

// Largest error of a calibrated quantity in units of its standard deviation.
double largest(const std::vector<double>& sigmas) {
    double out = 0.0;
    for (const double s : sigmas)
        out = std::max(out, std::abs(s));
    return out;
}

// The judgement alone: its colour, its heading and what it says of the error bars.
struct Judgement {
    const char* tone;
    const char* title;
    const char* bars;
};

Judgement judge(double lateral_ratio, double depth_ratio, double largest_sigmas,
                bool epipolar_warning) {
    const auto [low, high] = std::minmax(lateral_ratio, depth_ratio);
    if (!std::isfinite(lateral_ratio) || !std::isfinite(depth_ratio))
        return {"doubt", "No judgement: the errors cannot be compared with a prediction",
                "the error bars are not tested"};
    if (high > wrong_ratio || largest_sigmas > wrong_sigmas)
        return {"bad", "Not to be trusted: the errors exceed their error bars",
                "the error bars do not hold"};
    if (epipolar_warning)
        return {"doubt", "To be doubted: the epipolar lines miss their beads",
                "that alone would be well, but the RMS distance from the epipolar lines is above "
                "1 px"};
    if (high > right_ratio)
        return {"doubt", "To be used with care: the error bars are somewhat too small",
                "the error bars are somewhat too small"};
    if (largest_sigmas > marked_sigmas)
        return {"doubt",
                "To be used with care: the calibration is surer of itself than it should be",
                "points are as good as predicted, but the calibration's own error bars look too "
                "small"};
    if (low < 1.0 / right_ratio)
        return {"good", "This procedure can be trusted; its error bars are wider than need be",
                "the error bars are on the safe side"};
    return {"good", "This procedure can be trusted, and its error bars hold",
            "the error bars hold"};
}

std::string detector_sentence(const ValidationResult& r) {
    const Localization& l = r.localization;
    if (l.count == 0) return "";
    return fmt::format(
        "<p>The detector finds a bead's centre to {} px in each coordinate, which is {} times the "
        "standard deviation that it claims; the calibration makes up for a factor common to all "
        "beads, not for one that varies.</p>\n",
        fixed(l.sigma_px, 4), fixed(l.sigma_ratio, 2));
}

Verdict verdict(const ValidationResult& r) {
    if (!r.ok) return failure(r);
    if (r.held_out.empty())
        return {"doubt", "Calibrated, but not tested",
                "<p>No beads were held out, so nothing tells how well points are "
                "reconstructed.</p>\n"};
    const double lateral = r.aligned.lateral_rms_mm() / r.predicted_aligned.lateral_rms_mm();
    const double depth = r.aligned.depth_rms_mm() / r.predicted_aligned.depth_rms_mm();
    const std::vector<double> sigmas = standardized_errors(r);
    const auto within = std::count_if(sigmas.begin(), sigmas.end(),
                                      [](double s) { return std::abs(s) <= marked_sigmas; });
    const Judgement j = judge(lateral, depth, largest(sigmas), r.epipolar.warning);
    return {j.tone, j.title,
            fmt::format(
                "<p>Beads that the calibration never saw are reconstructed to <b>{} mm</b> "
                "laterally and <b>{} mm</b> in depth (RMS after rigid alignment, {} points in {} "
                "poses). In the world frame as calibrated, where the error of the frame itself "
                "counts, the RMS is {} mm laterally and {} mm in depth.</p>\n"
                "<p>Observed errors are {} (lateral) and {} (depth) times those "
                "predicted from the covariances and the localization noise, and {} of {} "
                "calibrated quantities lie within {} "
                "of their claimed standard deviations: {}.</p>\n{}",
                fixed(r.aligned.lateral_rms_mm(), 4), fixed(r.aligned.depth_rms_mm(), 4),
                r.held_out.size(), r.spec.poses.held_out, fixed(r.absolute.lateral_rms_mm(), 4),
                fixed(r.absolute.depth_rms_mm(), 4), fixed(lateral, 2), fixed(depth, 2), within,
                sigmas.size(), fixed(marked_sigmas, 0), j.bars, detector_sentence(r))};
}

std::string card(const std::string& value, std::string_view unit, std::string_view meaning) {
    return fmt::format("<div class=\"card\"><b>{} <small>{}</small></b><span>{}</span></div>\n",
                       value, unit, meaning);
}

std::string cards(const ValidationResult& r) {
    std::string out;
    if (!r.held_out.empty()) {
        out += card(fixed(r.aligned.lateral_rms_mm(), 4), "mm",
                    "lateral RMS of held-out beads, aligned");
        out +=
            card(fixed(r.aligned.depth_rms_mm(), 4), "mm", "depth RMS of held-out beads, aligned");
        out += card(fixed(r.aligned.lateral_rms_mm() / r.predicted_aligned.lateral_rms_mm(), 2) +
                        " · " +
                        fixed(r.aligned.depth_rms_mm() / r.predicted_aligned.depth_rms_mm(), 2),
                    "×", "observed over predicted error, lateral · depth");
    }
    if (!r.epipolar.a_px.empty())
        out += card(fixed(r.epipolar.of_calibrated.rms_px, 4), "px",
                    "RMS distance from epipolar lines");
    if (r.localization.count > 0)
        out +=
            card(fixed(r.localization.sigma_px, 4), "px", "σ of a bead's centre, one coordinate");
    return out.empty() ? "" : "<div class=\"cards\">\n" + out + "</div>\n";
}

// A section, left out when it has no content.
std::string section(std::string_view title, std::string_view lead, const std::string& content) {
    if (content.empty()) return "";
    return fmt::format("<section>\n<h2>{}</h2>\n<p>{}</p>\n{}</section>\n", title, lead, content);
}

std::string figures(const std::string& content) {
    return content.empty() ? "" : "<div class=\"figures\">\n" + content + "</div>\n";
}

// Text beside a figure.
std::string beside(const std::string& content) {
    return content.empty() ? "" : "<div>\n" + content + "</div>\n";
}

std::string body(const ValidationResult& r) {
    std::string out;
    out += section(
        "The rig",
        "Two sources, two detectors, and a phantom whose beads are known. The smaller the angle "
        "between two rays, the less certain is the depth of the point where they meet.",
        figures(rig_figures(r)));
    out += section(
        "What was seen in the first pose",
        "Dense is bright. <span class=\"swatch named\"></span>named bead <span class=\"swatch "
        "reference\"></span>reference <span class=\"swatch unnamed\"></span>found but left without "
        "a name. Lines in colour are the epipolar lines, under the calibration, of the beads of "
        "the same colour in the other view: they must pass through them.",
        figures(radiograph_figures(r)));
    out += section(
        "Beads that the calibration never saw",
        "Beads of the held-out poses, triangulated and compared with the truth. Both plots have "
        "the same scale along both axes.",
        figures(held_out_figures(r)) + held_out_table(r) + distance_table(r));
    out += section(
        "Localization and calibration residuals",
        fmt::format("What the model leaves of {} observations; {} more were rejected as outliers. "
                    "Good residuals are round, Gaussian and without pattern over the detector.",
                    std::count(r.calibration.used.begin(), r.calibration.used.end(), true),
                    r.calibration.rejected_count),
        figures(residual_figures(r) + beside(localization_table(r))));
    out += section(
        "Calibrated parameters against the truth",
        fmt::format("The last column tells whether the claimed standard deviations are honest: "
                    "beyond {} it is marked. Source positions are in the stereo axes.",
                    fixed(marked_sigmas, 0)),
        calibration_table(r));
    out += section(
        "Epipolar geometry",
        "The fundamental matrix from matched beads alone (RANSAC) beside the one that the "
        "calibration implies. It knows nothing of scale: a wrong size of everything leaves these "
        "distances unchanged, so they are a check and not a proof.",
        figures(epipolar_figure(r) + beside(epipolar_table(r))));
    out += section(
        "Detection and identification",
        "Nobody clicked: which bead is which follows from the phantom's design and the nominal "
        "values alone. In “beads + references” are those of the phantom that were found.",
        identification_table(r));
    out += section("The experiment", "All that the result depends on.", configuration_table(r));
    return out;
}

}  // namespace

std::string report_html(const ValidationResult& r) {
    const Verdict v = verdict(r);
    std::string out =
        fmt::format("<div class=\"verdict {}\">\n<h2>{}</h2>\n{}</div>\n", v.tone, v.title, v.text);
    out += cards(r);
    out += body(r);
    std::string left_out;
    for (const Effect& effect : effects())
        if (!effect.present(r.spec)) left_out += std::string(effect.name) + ", ";
    out += fmt::format(
        "<section>\n<h2>What this does not show</h2>\n<p>The images are rendered. This experiment "
        "leaves out: {}and whatever moves between the two exposures. A real laboratory has these "
        "errors on top.</p>\n</section>\n",
        left_out);
    return html_page(
        r.spec.name + ": stereo X-ray validation",
        "Stereo X-ray calibration and reconstruction on rendered radiographs, compared "
        "with the truth.",
        r.spec.seed, out);
}

}  // namespace stereo
