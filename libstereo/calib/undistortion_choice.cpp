#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <stereo/calib/undistortion_choice.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace stereo {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The fold of each point: equal shares in random order.
std::vector<int> folds_of(std::size_t points, const UndistortionChoiceOptions& options) {
    std::vector<int> folds(points);
    for (std::size_t i = 0; i < points; ++i)
        folds[i] = static_cast<int>(i % static_cast<std::size_t>(options.folds));
    drr::Rng rng({.seed = options.seed, .purpose = drr::RngPurpose::procedure});
    for (std::size_t i = points; i > 1; --i)
        std::swap(folds[i - 1],
                  folds[static_cast<std::size_t>(rng.uniform() * static_cast<double>(i))]);
    return folds;
}

void cross_validate(std::span<const GridCorrespondence> points, const std::vector<int>& folds,
                    const UndistortionChoiceOptions& options, UndistortionCandidate& candidate) {
    double sum = 0.0;
    double count = 0.0;
    candidate.cross_validation_rms_px = infinity;
    for (int fold = 0; fold < options.folds; ++fold) {
        std::vector<GridCorrespondence> kept;
        for (std::size_t i = 0; i < points.size(); ++i)
            if (folds[i] != fold) kept.push_back(points[i]);
        const UndistortionFit fit = fit_undistortion(kept, candidate.model, options.fit);
        if (!fit.ok) return;
        for (std::size_t i = 0; i < points.size(); ++i) {
            if (folds[i] != fold) continue;
            // Also beyond the hull of the points kept, where the map as such says something.
            const Eigen::Vector2d place = fit.placement.undistorted_px(points[i].position);
            const auto seen =
                std::visit([&](const auto& map) { return map.at(place); }, fit.undistortion.map);
            if (!seen) {
                ++candidate.not_predicted;
                continue;
            }
            sum += (points[i].pixel - seen->point_px).squaredNorm();
            count += 2.0;
        }
    }
    if (count > 0.0) candidate.cross_validation_rms_px = std::sqrt(sum / count);
}

}  // namespace

void UndistortionChoiceOptions::validate() const {
    fit.validate();
    drr::require(folds >= 2, fmt::format("cross-validation needs at least 2 folds, not {}", folds));
}

std::vector<UndistortionModel> usual_undistortion_models() {
    std::vector<UndistortionModel> models = {{UndistortionKind::none}};
    for (int radial = 1; radial <= 3; ++radial)
        models.push_back({UndistortionKind::brown_conrady, radial});
    for (int order = 1; order <= 9; ++order)
        models.push_back({UndistortionKind::polynomial, order});
    for (const double smoothing : {0.0, 1e-6, 1e-5, 1e-4, 1e-3})
        models.push_back({UndistortionKind::thin_plate, 0, smoothing});
    models.push_back({UndistortionKind::local_weighted_mean, 12});
    return models;
}

UndistortionChoice choose_undistortion(std::span<const GridCorrespondence> points,
                                       const UndistortionChoiceOptions& options,
                                       const std::vector<UndistortionModel>& models) {
    options.validate();
    UndistortionChoice choice;
    const std::vector<int> folds = folds_of(points.size(), options);
    double least = infinity;
    for (const UndistortionModel& model : models) {
        if (model.kind == UndistortionKind::thin_plate &&
            points.size() > options.most_thin_plate_points)
            continue;
        const UndistortionFit fit = fit_undistortion(points, model, options.fit);
        if (!fit.ok) continue;
        UndistortionCandidate candidate{
            .model = model,
            .parameters = fit.parameters,
            .rms_px = fit.rms_px,
            .left_out_rms_px = fit.left_out_rms_px,
        };
        cross_validate(points, folds, options, candidate);
        if (candidate.cross_validation_rms_px < least) {
            least = candidate.cross_validation_rms_px;
            choice.best = choice.candidates.size();
            choice.fit = fit;
            choice.ok = true;
        }
        choice.candidates.push_back(candidate);
    }
    choice.summary = choice.ok
                         ? fmt::format("{}: {:.4f} px RMS in {}-fold cross-validation, {} points",
                                       choice.fit.model.name(), least, options.folds, points.size())
                         : fmt::format("no undistortion: {} points are too few", points.size());
    return choice;
}

}  // namespace stereo
