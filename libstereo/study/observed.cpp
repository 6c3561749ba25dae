#include <stereo/recon/triangulate.hpp>
#include <stereo/study/observed.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

namespace stereo {
namespace {

// Sums over observations of several parts of an experiment.
class LocalizationSums {
  public:
    LocalizationSums(const ExperimentSpec& spec, const Truth& truth)
        : spec_(spec),
          truth_(truth),
          views_{truth.views[0].calibrated(), truth.views[1].calibrated()} {}

    void add(const Observations& observations, int first_pose) {
        // Of the phantom, which a marker is moved by once. Items of an image stand together.
        drr::CalibratedView view;
        std::pair<int, int> image{-1, -1};
        for (const auto& item : observations.items) {
            if (std::exchange(image, {item.pose, item.view}) != image) {
                view = views_[static_cast<std::size_t>(item.view)];
                view.view_from_world =
                    view.view_from_world * truth_.seen_pose(first_pose + item.pose, item.view);
            }
            const Eigen::Vector3d& marker =
                truth_.markers_in_phantom_mm[static_cast<std::size_t>(item.marker)];
            const Eigen::Vector2d error = item.pixel - true_pixel(spec_, view, marker);
            ++sums_.count;
            sums_.bias_px += error;
            squares_ += error.squaredNorm();
            ratio_squares_ += error.squaredNorm() / (item.sd_px * item.sd_px);
            sums_.max_px = std::max(sums_.max_px, error.norm());
        }
    }

    [[nodiscard]] Localization mean() const {
        Localization result = sums_;
        if (result.count == 0) return result;
        const auto count = static_cast<double>(result.count);
        result.bias_px /= count;
        result.sigma_px = std::sqrt(0.5 * squares_ / count);
        result.sigma_ratio = std::sqrt(0.5 * ratio_squares_ / count);
        return result;
    }

  private:
    const ExperimentSpec& spec_;
    const Truth& truth_;
    std::array<drr::CalibratedView, 2> views_;
    Localization sums_;
    double squares_ = 0.0;
    double ratio_squares_ = 0.0;
};

}  // namespace

Localization localization_of(const ObservedExperiment& observed, const ExperimentSpec& spec) {
    LocalizationSums sums(spec, observed.truth);
    sums.add(observed.calibration, 0);
    sums.add(observed.held_out, spec.poses.calibration);
    return sums.mean();
}

double expected_depth_resolution_mm(const ExperimentSpec& spec, const Truth& truth,
                                    const Localization& localization) {
    const double distance =
        spec.rig.source_isocentre_mm * std::cos(0.5 * spec.rig.stereo_angle_rad);
    // Disparity is the difference of two coordinates, each with the localization noise.
    return expected_depth_resolution_mm(distance, std::sqrt(2.0) * localization.sigma_px,
                                        drr::baseline_mm(truth.views),
                                        truth.views[0].calibrated().pinhole.fx_px);
}

}  // namespace stereo
