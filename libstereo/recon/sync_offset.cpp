#include "bead_path.hpp"

#include <drr/core/error.hpp>
#include <stereo/recon/epipolar.hpp>
#include <stereo/recon/epipolar_pairs.hpp>
#include <stereo/recon/sync_offset.hpp>
#include <stereo/recon/triangulate.hpp>

#include <Eigen/LU>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace stereo {
namespace {

using Views = std::array<drr::CalibratedView, 2>;

// The whole number of frames at which sightings of both views match best; none where no two meet.
std::optional<double> nearest_whole_offset(const Views& views, std::span<const BeadSightings> beads,
                                           double max_offset) {
    const Eigen::Matrix3d fundamental = fundamental_from_views(views[0], views[1]);
    const long reach = std::lround(std::floor(max_offset));
    std::optional<double> best;
    double least = std::numeric_limits<double>::infinity();
    for (long offset = -reach; offset <= reach; ++offset) {
        double sum = 0.0;
        long count = 0;
        for (const auto& bead : beads)
            for (long f = std::max(0L, offset);
                 f < static_cast<long>(bead[0].size()) + std::min(0L, offset); ++f) {
                const auto& a = bead[0][static_cast<std::size_t>(f)];
                const auto& b = bead[1][static_cast<std::size_t>(f - offset)];
                if (!a || !b) continue;
                const double sigma = epipolar_sigma(fundamental, *a, *b);
                sum += sigma * sigma;
                ++count;
            }
        if (count == 0 || !(sum / static_cast<double>(count) < least)) continue;
        least = sum / static_cast<double>(count);
        best = static_cast<double>(offset);
    }
    return best;
}

struct Fit {
    double offset = 0.0;
    double information = 0.0;
    double chi_square = 0.0;
    double squares_px2 = 0.0;
    int numbers = 0;
    int parameters = 1;
    std::size_t beads = 0;
    bool ok = false;

    // Akaike's criterion, corrected for parameters that are no small part of the numbers (Hurvich &
    // Tsai, Biometrika 1989). BIC was tried: its splines are too stiff, residuals a fifth too
    // large.
    [[nodiscard]] double criterion() const {
        const double n = numbers;
        const double p = parameters + 1.0;  // and the noise
        return n * std::log(chi_square / n) + 2.0 * p * n / std::max(n - p - 1.0, 1.0);
    }
};

// With `free_offset` false the paths alone are fitted.
Fit fit_paths(const Views& views, std::span<const BeadSightings> beads, double start,
              double spacing, double margin, bool free_offset) {
    constexpr int max_iterations = 200;
    // Of a step, in frames; its standard deviation is rarely below a thousandth.
    constexpr double still = 1e-7;
    Fit fit;
    fit.offset = start;
    std::vector<const BeadSightings*> used;
    std::vector<BeadPath> paths;
    for (const auto& bead : beads)
        if (auto path = first_path(views, bead, start, spacing, margin)) {
            used.push_back(&bead);
            paths.push_back(std::move(*path));
        }
    fit.beads = used.size();
    if (used.empty()) return fit;
    for (int iteration = 0; iteration < max_iterations; ++iteration) {
        std::vector<PathEquations> equations;
        double gradient = 0.0;
        fit.information = fit.chi_square = fit.squares_px2 = 0.0;
        fit.numbers = 0;
        fit.parameters = free_offset ? 1 : 0;
        for (std::size_t i = 0; i < used.size(); ++i) {
            equations.push_back(path_equations(views, *used[i], paths[i], fit.offset));
            const PathEquations& e = equations.back();
            if (!e.ok) return fit;
            fit.information += e.information;
            gradient += e.gradient;
            fit.chi_square += e.chi_square;
            fit.squares_px2 += e.squares_px2;
            fit.numbers += e.numbers;
            fit.parameters += e.parameters;
        }
        if (free_offset && !(fit.information > 0.0)) return fit;
        const double step = free_offset ? -gradient / fit.information : 0.0;
        fit.offset += step;
        // Where the paths leave their knots there is nothing to be found.
        if (std::abs(fit.offset) > margin) return fit;
        double farthest = 0.0;
        for (std::size_t i = 0; i < used.size(); ++i) {
            const Eigen::VectorXd move =
                equations[i].path_step + step * equations[i].path_by_offset;
            farthest = std::max(farthest, move.cwiseAbs().maxCoeff());
            for (std::size_t k = 0; k < paths[i].controls_mm.size(); ++k)
                paths[i].controls_mm[k] += move.segment<3>(static_cast<Eigen::Index>(3 * k));
        }
        constexpr double still_mm = 1e-6;
        fit.ok = std::abs(step) < still && (free_offset || farthest < still_mm);
        if (fit.ok) break;
    }
    return fit;
}

/// Each bead in one place: what an offset has to explain better.
Fit fit_at_rest(const Views& views, std::span<const BeadSightings> beads) {
    Fit fit;
    fit.parameters = 0;
    for (const auto& bead : beads) {
        std::vector<drr::CalibratedView> seen_by;
        std::vector<MeasuredPixel> pixels;
        for (std::size_t v = 0; v < 2; ++v)
            for (const auto& sighting : bead[v])
                if (sighting) {
                    seen_by.push_back(views[v]);
                    pixels.push_back(*sighting);
                }
        if (pixels.size() < 2) continue;
        const Triangulation place = triangulate(seen_by, pixels);
        if (!place.ok) continue;
        for (std::size_t i = 0; i < pixels.size(); ++i) {
            const Eigen::Vector2d residual =
                seen_by[i].project(place.point_in_world_mm) - pixels[i].pixel;
            fit.chi_square += residual.dot(pixels[i].covariance_px2.inverse() * residual);
        }
        fit.numbers += 2 * static_cast<int>(pixels.size());
        fit.parameters += 3;
        ++fit.beads;
    }
    fit.ok = fit.beads > 0;
    return fit;
}

}  // namespace

void SyncOptions::validate() const {
    drr::require(max_offset_frames > 0.0 && std::isfinite(max_offset_frames),
                 "max_offset_frames must be positive");
    drr::require(!knot_spacings_frames.empty(), "a spacing of knots is needed");
    for (const double spacing : knot_spacings_frames)
        drr::require(spacing >= 1.0 && std::isfinite(spacing),
                     "knots are a frame apart or more: two views give four numbers a frame");
}

SyncOffset estimate_sync_offset(const drr::CalibratedView& view_a,
                                const drr::CalibratedView& view_b,
                                std::span<const BeadSightings> beads, const SyncOptions& options) {
    options.validate();
    for (const auto& bead : beads)
        drr::require(bead[0].size() == bead[1].size() && bead[0].size() == beads[0][0].size(),
                     "all beads need the same number of frames in both views");
    const Views views{view_a, view_b};
    SyncOffset result;
    const auto start = nearest_whole_offset(views, beads, options.max_offset_frames);
    if (!start) {
        result.summary = "no bead is seen by both views";
        return result;
    }
    // Room for the offset and for the step to a minimum just beyond it.
    const double margin = options.max_offset_frames + 1.0;
    Fit best;
    for (const double spacing : options.knot_spacings_frames) {
        const Fit fit = fit_paths(views, beads, *start, spacing, margin, true);
        if (!fit.ok || fit.numbers <= fit.parameters) continue;
        if (best.ok && !(fit.criterion() < best.criterion())) continue;
        best = fit;
        result.knot_spacing_frames = spacing;
    }
    if (!best.ok) {
        result.summary = fmt::format("no offset within {:g} frames, or nothing that tells it",
                                     options.max_offset_frames);
        return result;
    }
    // Splines find movement in noise, too.
    const Fit rest = fit_at_rest(views, beads);
    if (rest.ok && rest.beads == best.beads && rest.criterion() <= best.criterion()) {
        result.summary = "the beads rest: nothing tells the offset";
        return result;
    }
    result.offset_frames = best.offset;
    result.beads = best.beads;
    result.degrees_of_freedom = best.numbers - best.parameters;
    result.sigma0 = std::sqrt(best.chi_square / result.degrees_of_freedom);
    result.sd_frames = result.sigma0 / std::sqrt(best.information);
    const auto rms_px = [](const Fit& fit) {
        return std::sqrt(2.0 * fit.squares_px2 / fit.numbers);
    };
    result.rms_px = rms_px(best);
    const Fit without = fit_paths(views, beads, 0.0, result.knot_spacing_frames, margin, false);
    if (without.ok) result.rms_without_px = rms_px(without);
    result.ok = result.sd_frames < options.max_offset_frames;
    result.summary =
        result.ok ? fmt::format(
                        "view 2 is {:+.4f} +- {:.4f} frames late; {} beads, knots every {:g} "
                        "frames, RMS {:.3f} px, {:.3f} px without it",
                        result.offset_frames, result.sd_frames, result.beads,
                        result.knot_spacing_frames, result.rms_px, result.rms_without_px)
                  : "the beads hardly move across epipolar lines: nothing tells the offset";
    return result;
}

}  // namespace stereo
