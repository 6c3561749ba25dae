#include "candidates.hpp"

#include <drr/core/error.hpp>
#include <stereo/detect/bead_detector.hpp>
#include <stereo/detect/grey_noise.hpp>
#include <stereo/detect/subpixel.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace stereo {
namespace {

// So many of the strongest candidates are fitted with their blur free, to estimate the image's.
constexpr std::size_t beads_for_blur = 12;
// A value that so many pixels share is the top of the scale, not chance.
constexpr double saturated_share = 1e-3;
// Blur before anything is known, in radii: unsharp enough to start the fit from either side.
constexpr double starting_blur = 0.15;
constexpr double least_starting_blur_px = 0.6;
// Flagged, not refused: ellipticity or residuals that perspective and noise do not explain.
constexpr double irregular_ellipticity = 0.03;
constexpr double irregular_significance = 5.0;
constexpr double irregular_residual = 0.08;
constexpr double low_contrast_to_noise = 3.0;
// A bead needs four to eight steps, what wanders longer is none. But the radius, blur and
// attenuation of beads smaller than this are hard to tell apart, and creep.
constexpr int quick_iterations = 12;
constexpr double resolved_radius_px = 6.0;
// While its neighbours are not known yet, a bead's fit may be worse by this factor.
constexpr double first_leniency = 2.0;

/// Grey values over black, as fit_beads() wants them.
drr::Image<float> over_black(const drr::Image<float>& image, const BeadDetectorOptions& options) {
    float top = -std::numeric_limits<float>::infinity();
    for (const float grey : image.pixels()) {
        drr::require(std::isfinite(grey),
                     "an image for bead detection has values that are not finite");
        top = std::max(top, grey);
    }
    const bool given = !std::isnan(options.black_grey);
    const auto black = given ? static_cast<float>(options.black_grey) : (options.dark ? 0.0F : top);
    drr::Image<float> result(image.width(), image.height());
    std::transform(image.pixels().begin(), image.pixels().end(), result.pixels().begin(),
                   [&](float grey) { return options.dark ? grey - black : black - grey; });
    return result;
}

/// The grey at which the image saturates; infinity where it does not.
double saturation_of(const drr::Image<float>& image) {
    const float top = *std::max_element(image.pixels().begin(), image.pixels().end());
    const auto count = std::count(image.pixels().begin(), image.pixels().end(), top);
    return static_cast<double>(count) > saturated_share * static_cast<double>(image.size())
               ? top
               : std::numeric_limits<double>::infinity();
}

struct Fitted {
    FittedBead bead;
    BeadFit fit;  // of the group it was fitted in
};

class Detector {
  public:
    Detector(const drr::Image<float>& image, const BeadDetectorOptions& options)
        : options_(options), image_(over_black(image, options)) {
        fit_options_.noise = estimate_noise(image_);
        fit_options_.saturation = saturation_of(image_);
        fit_options_.prior_radius_px = 0.5 * options.diameter_px;
        fit_options_.prior_log_radius = std::log(options.diameter_factor);
    }
    BeadDetectorResult run();

  private:
    [[nodiscard]] BeadShadow start_of(const BeadCandidate& candidate) const;
    [[nodiscard]] double relative_residual(const BeadFit& fit, const FittedBead& bead) const;
    [[nodiscard]] int BeadRefusals::*verdict(const BeadFit& fit, const FittedBead& bead,
                                             double leniency = 1.0) const;
    void estimate_blur(const std::vector<BeadCandidate>& candidates);
    [[nodiscard]] bool touch(const BeadShadow& a, const BeadShadow& b) const;
    [[nodiscard]] bool in_reach(const BeadShadow& of, const BeadShadow& other) const;
    [[nodiscard]] std::vector<std::size_t> touching(std::size_t i,
                                                    const std::vector<BeadShadow>& shadows) const;
    [[nodiscard]] std::vector<Disc> others(const std::vector<std::size_t>& joint,
                                           const std::vector<BeadShadow>& shadows) const;
    [[nodiscard]] std::optional<std::vector<Fitted>> split(const Fitted& one) const;
    [[nodiscard]] BeadDetection detection(const Fitted& fitted) const;

    const BeadDetectorOptions& options_;
    drr::Image<float> image_;
    BeadFitOptions fit_options_;
};

BeadShadow Detector::start_of(const BeadCandidate& candidate) const {
    // The ring sees less contrast than the centre of the unblurred shadow has.
    const double contrast = std::clamp(1.2 * candidate.contrast, 0.02, 0.95);
    return {candidate.center_px, 0.5 * options_.diameter_px, -std::log(1.0 - contrast)};
}

double Detector::relative_residual(const BeadFit& fit, const FittedBead& bead) const {
    const double excess =
        fit.residual_rms * fit.residual_rms - fit.expected_noise * fit.expected_noise;
    return std::sqrt(std::max(0.0, excess)) / (bead.contrast * fit.background);
}

/// The count to which a refused bead adds; null for a good one. `leniency` widens the limits on
/// quality.
int BeadRefusals::*Detector::verdict(const BeadFit& fit, const FittedBead& bead,
                                     double leniency) const {
    if (!fit.converged) return &BeadRefusals::no_fit;
    const Eigen::Vector2d& at = bead.shadow.center_px;
    if (!(at.x() > -0.5 && at.y() > -0.5 && at.x() < image_.width() - 0.5 &&
          at.y() < image_.height() - 0.5))
        return &BeadRefusals::no_fit;
    if (bead.contrast < options_.min_contrast ||
        bead.sd_if_white_px > leniency * options_.max_center_sd_radii * bead.shadow.radius_px)
        return &BeadRefusals::faint;
    const double diameter = 2.0 * bead.shadow.radius_px;
    // Saturation cuts the rim of a shadow off.
    const double smallest = options_.diameter_px / options_.diameter_factor /
                            (fit.saturated_pixels > 0 ? options_.diameter_factor : 1.0);
    if (diameter < smallest || diameter > options_.diameter_px * options_.diameter_factor)
        return &BeadRefusals::wrong_size;
    if (bead.ellipticity > leniency * options_.max_ellipticity) return &BeadRefusals::out_of_round;
    if (relative_residual(fit, bead) > leniency * options_.max_relative_residual)
        return &BeadRefusals::poor_fit;
    return nullptr;
}

void Detector::estimate_blur(const std::vector<BeadCandidate>& candidates) {
    fit_options_.fit_blur = options_.blur_px == 0.0;
    fit_options_.blur_px = options_.blur_px;
    if (!fit_options_.fit_blur) return;
    fit_options_.blur_px =
        std::max(least_starting_blur_px, starting_blur * 0.5 * options_.diameter_px);
    BeadFitOptions free = fit_options_;
    free.max_background_order = 2;
    std::vector<double> blurs;
    for (const BeadCandidate& candidate : candidates) {
        if (blurs.size() == beads_for_blur) break;
        const BeadFit fit = fit_beads(image_, {start_of(candidate)}, free);
        if (!fit.beads.empty() && verdict(fit, fit.beads.front()) == nullptr)
            blurs.push_back(fit.blur_px);
    }
    fit_options_.fit_blur = false;
    if (blurs.empty()) return;
    const auto middle = blurs.begin() + static_cast<std::ptrdiff_t>(blurs.size() / 2);
    std::nth_element(blurs.begin(), middle, blurs.end());
    fit_options_.blur_px = *middle;
}

/// Whether two blurred shadows reach into each other.
bool Detector::touch(const BeadShadow& a, const BeadShadow& b) const {
    return (a.center_px - b.center_px).norm() <
           a.radius_px + b.radius_px + 3.0 * fit_options_.blur_px;
}

/// Whether the fit of one would meet pixels of the other's shadow.
bool Detector::in_reach(const BeadShadow& of, const BeadShadow& other) const {
    return (of.center_px - other.center_px).norm() <
           fit_radius_px(of.radius_px, fit_options_.blur_px) + other.radius_px +
               3.0 * fit_options_.blur_px;
}

/// A bead and the nearest of those that touch it.
std::vector<std::size_t> Detector::touching(std::size_t i,
                                            const std::vector<BeadShadow>& shadows) const {
    std::vector<std::size_t> near;
    for (std::size_t j = 0; j < shadows.size(); ++j)
        if (j != i && touch(shadows[i], shadows[j])) near.push_back(j);
    std::stable_sort(near.begin(), near.end(), [&](std::size_t a, std::size_t b) {
        return (shadows[a].center_px - shadows[i].center_px).squaredNorm() <
               (shadows[b].center_px - shadows[i].center_px).squaredNorm();
    });
    near.resize(std::min(near.size(), max_joint_beads - 1));
    near.insert(near.begin(), i);
    return near;
}

/// The shadows that a joint fit does not model but whose pixels it would meet.
std::vector<Disc> Detector::others(const std::vector<std::size_t>& joint,
                                   const std::vector<BeadShadow>& shadows) const {
    std::vector<Disc> discs;
    for (std::size_t j = 0; j < shadows.size(); ++j) {
        if (std::find(joint.begin(), joint.end(), j) != joint.end()) continue;
        const Disc disc{shadows[j].center_px, shadows[j].radius_px + 3.0 * fit_options_.blur_px};
        for (const std::size_t i : joint)
            if ((shadows[i].center_px - disc.center_px).norm() <
                fit_radius_px(shadows[i].radius_px, fit_options_.blur_px) + disc.radius_px) {
                discs.push_back(disc);
                break;
            }
    }
    return discs;
}

/// A blob that is no ball may be two beads: tries them side by side along its long axis.
std::optional<std::vector<Fitted>> Detector::split(const Fitted& one) const {
    BeadShadow half = one.bead.shadow;
    half.radius_px = 0.5 * options_.diameter_px;
    const Eigen::Vector2d apart = 0.6 * half.radius_px * one.bead.long_axis;
    BeadShadow second = half;
    half.center_px -= apart;
    second.center_px += apart;
    const BeadFit fit = fit_beads(image_, {half, second}, fit_options_);
    if (!fit.converged) return std::nullopt;
    const BeadShadow& a = fit.beads[0].shadow;
    const BeadShadow& b = fit.beads[1].shadow;
    if ((a.center_px - b.center_px).norm() < 0.5 * std::max(a.radius_px, b.radius_px))
        return std::nullopt;
    // A second bead always fits better; it has to explain most of what the first one left.
    if (fit.residual_rms > 0.5 * one.fit.residual_rms) return std::nullopt;
    std::vector<Fitted> both;
    for (const FittedBead& bead : fit.beads) {
        if (verdict(fit, bead) != nullptr || bead.ellipticity > 0.5 * options_.max_ellipticity)
            return std::nullopt;
        both.push_back({bead, fit});
    }
    return both;
}

BeadDetection Detector::detection(const Fitted& fitted) const {
    const FittedBead& bead = fitted.bead;
    BeadDetection d;
    d.center_px = bead.shadow.center_px;
    d.radius_px = bead.shadow.radius_px;
    d.contrast = bead.contrast;
    d.covariance_px2 = bead.covariance_px2;
    d.ellipticity = bead.ellipticity;
    d.relative_residual = relative_residual(fitted.fit, bead);
    if (fitted.fit.beads.size() > 1) d.flags |= bead_overlapped;
    const double reach = d.radius_px;
    if (d.center_px.x() - reach < -0.5 || d.center_px.y() - reach < -0.5 ||
        d.center_px.x() + reach > image_.width() - 0.5 ||
        d.center_px.y() + reach > image_.height() - 0.5)
        d.flags |= bead_clipped;
    const double noise = std::sqrt(fit_options_.noise.variance(fitted.fit.background));
    if (d.contrast * fitted.fit.background < low_contrast_to_noise * noise)
        d.flags |= bead_low_contrast;
    if ((d.ellipticity > irregular_ellipticity &&
         d.ellipticity > irregular_significance * bead.ellipticity_sd) ||
        d.relative_residual > irregular_residual)
        d.flags |= bead_irregular;
    if (fitted.fit.saturated_pixels > 0) d.flags |= bead_saturated;
    return d;
}

BeadDetectorResult Detector::run() {
    BeadDetectorResult result;
    const CandidateResult found =
        find_candidates(image_, {.radius_px = 0.5 * options_.diameter_px,
                                 .radius_factor = options_.diameter_factor,
                                 .min_contrast = options_.min_contrast,
                                 .min_significance = options_.min_significance});
    result.candidates = found.extrema;
    result.refusals.one_sided = found.one_sided;
    result.refusals.repeated = found.repeated;
    estimate_blur(found.candidates);

    // First each candidate by itself: most of them are no beads.
    BeadFitOptions quick = fit_options_;
    quick.tolerance_px = 0.02;
    quick.least_gain = 0.02;
    quick.thin = true;
    if (0.5 * options_.diameter_px >= resolved_radius_px) quick.max_iterations = quick_iterations;
    // Twice as far from the expected size as a bead may be.
    quick.most_growth = 2.0 * options_.diameter_factor;
    quick.least_attenuation = -std::log(1.0 - 0.5 * options_.min_contrast);
    quick.max_background_order = 2;
    // The second pass starts where the first one ended, with the weights that belong there.
    fit_options_.rounds = quick.rounds = 1;
    std::vector<Fitted> beads;
    std::vector<BeadShadow> shadows;
    const auto accept = [&](const Fitted& fitted) {
        for (const BeadShadow& other : shadows)
            if ((other.center_px - fitted.bead.shadow.center_px).norm() <
                0.5 * std::min(other.radius_px, fitted.bead.shadow.radius_px)) {
                ++result.refusals.repeated;
                return;
            }
        beads.push_back(fitted);
        shadows.push_back(fitted.bead.shadow);
    };
    std::vector<BeadShadow> starts;
    for (const BeadCandidate& candidate : found.candidates)
        starts.push_back(start_of(candidate));
    for (std::size_t i = 0; i < starts.size(); ++i) {
        // A stronger candidate that is a bead has a shadow of its own: keep off its pixels, and
        // model it where it is too near for that.
        std::vector<BeadShadow> group = {starts[i]};
        std::vector<Disc> discs;
        for (const BeadShadow& other : shadows) {
            if (touch(group.front(), other)) {
                if (group.size() < max_joint_beads) group.push_back(other);
            } else if ((other.center_px - starts[i].center_px).norm() <
                       fit_radius_px(starts[i].radius_px, fit_options_.blur_px) + other.radius_px +
                           3.0 * fit_options_.blur_px)
                discs.push_back({other.center_px, other.radius_px + 3.0 * fit_options_.blur_px});
        }
        const BeadFit fit = fit_beads(image_, group, quick, discs);
        if (fit.beads.empty()) {
            ++result.refusals.no_fit;
            continue;
        }
        const Fitted one{fit.beads.front(), fit};
        int BeadRefusals::*reason = verdict(fit, one.bead, first_leniency);
        if (reason == nullptr) {
            accept(one);
            continue;
        }
        const bool blob = group.size() == 1 && (reason == &BeadRefusals::out_of_round ||
                                                reason == &BeadRefusals::poor_fit ||
                                                reason == &BeadRefusals::wrong_size);
        const std::optional<std::vector<Fitted>> both = blob ? split(one) : std::nullopt;
        if (both) {
            for (const Fitted& fitted : *both)
                accept(fitted);
        } else {
            ++(result.refusals.*reason);
        }
    }

    // Then again with all neighbours known, those that touch jointly, until none is refused that
    // another's fit relied on.
    std::vector<bool> done(beads.size(), false);
    for (bool settled = false; !settled;) {
        settled = true;
        std::vector<Fitted> refitted = beads;
        std::vector<int BeadRefusals::*> reasons(beads.size(), nullptr);
        std::vector<std::vector<std::size_t>> joint(beads.size());
        for (std::size_t i = 0; i < beads.size(); ++i) {
            joint[i] = touching(i, shadows);
            if (done[i]) continue;
            std::vector<BeadShadow> start;
            for (const std::size_t j : joint[i])
                start.push_back(shadows[j]);
            const BeadFit fit = fit_beads(image_, start, fit_options_, others(joint[i], shadows));
            reasons[i] =
                fit.beads.empty() ? &BeadRefusals::no_fit : verdict(fit, fit.beads.front());
            if (reasons[i] == nullptr) refitted[i] = {fit.beads.front(), fit};
        }
        std::vector<std::size_t> kept;
        for (std::size_t i = 0; i < beads.size(); ++i) {
            if (reasons[i] == nullptr) {
                beads[i] = refitted[i];
                kept.push_back(i);
                continue;
            }
            settled = false;
            // It may have failed because of what it was fitted with: the fainter one goes first.
            const bool has_worse =
                std::any_of(joint[i].begin(), joint[i].end(), [&](std::size_t j) {
                    return j != i && reasons[j] != nullptr &&
                           beads[j].bead.contrast < beads[i].bead.contrast;
                });
            if (has_worse)
                kept.push_back(i);
            else
                ++(result.refusals.*reasons[i]);
        }
        // Those near a refused one are fitted once more.
        std::vector<Fitted> next;
        std::vector<bool> next_done;
        std::vector<BeadShadow> next_shadows;
        for (const std::size_t i : kept) {
            bool still = reasons[i] == nullptr;
            for (std::size_t j = 0; j < beads.size() && still; ++j)
                still = std::find(kept.begin(), kept.end(), j) != kept.end() ||
                        !in_reach(shadows[i], shadows[j]);
            next_done.push_back(still);
            next_shadows.push_back(beads[i].bead.shadow);
            next.push_back(std::move(beads[i]));
        }
        beads = std::move(next);
        shadows = std::move(next_shadows);
        done = std::move(next_done);
    }
    for (const Fitted& fitted : beads)
        result.beads.push_back(detection(fitted));
    std::sort(result.beads.begin(), result.beads.end(),
              [](const BeadDetection& a, const BeadDetection& b) {
                  return a.center_px.y() != b.center_px.y() ? a.center_px.y() < b.center_px.y()
                                                            : a.center_px.x() < b.center_px.x();
              });
    result.refused = result.refusals.total();
    result.blur_px = fit_options_.blur_px;
    const BeadRefusals& no = result.refusals;
    result.summary = fmt::format(
        "{} beads of {} candidates; refused: {} one-sided, {} faint, {} wrong size, {} out of "
        "round, "
        "{} poor fit, {} no fit, {} repeated; blur {:.2f} px",
        result.beads.size(), result.candidates, no.one_sided, no.faint, no.wrong_size,
        no.out_of_round, no.poor_fit, no.no_fit, no.repeated, result.blur_px);
    return result;
}

}  // namespace

std::string bead_flags_text(std::uint32_t flags) {
    std::string text;
    const auto add = [&](std::uint32_t flag, const char* name) {
        if ((flags & flag) == 0) return;
        if (!text.empty()) text += '+';
        text += name;
    };
    add(bead_overlapped, "overlapped");
    add(bead_clipped, "clipped");
    add(bead_low_contrast, "low_contrast");
    add(bead_irregular, "irregular");
    add(bead_saturated, "saturated");
    return text.empty() ? "ok" : text;
}

void BeadDetectorOptions::validate() const {
    drr::require(
        diameter_px >= 3.0 && diameter_px <= 2000.0,
        fmt::format("the expected bead diameter must be 3 to 2000 px, not {}", diameter_px));
    drr::require(
        diameter_factor > 1.0 && diameter_factor <= 4.0,
        fmt::format("diameter_factor must be above 1 and at most 4, not {}", diameter_factor));
    drr::require(min_contrast > 0.0 && min_contrast < 1.0,
                 fmt::format("min_contrast must lie between 0 and 1, not {}", min_contrast));
    drr::require(
        blur_px == 0.0 || (blur_px >= 0.3 && blur_px <= diameter_px),
        fmt::format("blur_px must be 0 (estimate) or 0.3 to the diameter, not {}", blur_px));
    drr::require(max_relative_residual > 0.0, "max_relative_residual must be positive");
    drr::require(max_ellipticity > 0.0 && max_ellipticity < 1.0,
                 "max_ellipticity must lie between 0 and 1");
    drr::require(max_center_sd_radii > 0.0, "max_center_sd_radii must be positive");
    drr::require(min_significance >= 0.0, "min_significance must not be negative");
    drr::require(!std::isinf(black_grey), "black_grey must be finite, or NaN for the default");
}

BeadDetectorResult detect_beads(const drr::Image<float>& image,
                                const BeadDetectorOptions& options) {
    options.validate();
    drr::require(!image.empty(), "an image for bead detection is empty");
    return Detector(image, options).run();
}

}  // namespace stereo
