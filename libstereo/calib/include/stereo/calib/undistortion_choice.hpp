#pragma once

#include <stereo/calib/undistortion_fit.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace stereo {

struct UndistortionChoiceOptions {
    UndistortionFitOptions fit;
    int folds = 10;
    std::uint64_t seed = 0;  ///< of the folds
    /// Splines through more points are not tried: their time grows with the third power.
    std::size_t most_thin_plate_points = 1500;

    /// Throws drr::Error(usage).
    void validate() const;
};

/// How well a model predicts points that it was not fitted to.
struct UndistortionCandidate {
    UndistortionModel model;
    double parameters = 0.0;  ///< per axis, as UndistortionFit has them
    double rms_px = 0.0;
    double left_out_rms_px = 0.0;
    double cross_validation_rms_px = 0.0;  ///< one axis; infinite where a fold cannot be fitted
    int not_predicted = 0;                 ///< points left out for which the model says nothing
};

struct UndistortionChoice {
    bool ok = false;
    std::vector<UndistortionCandidate> candidates;  ///< in the order they were given
    std::size_t best = 0;
    UndistortionFit fit;  ///< the best one, to all points
    std::string summary;  ///< one line
};

/// None, Brown-Conrady of 1 to 3 radial coefficients, polynomials of order 1 to 9, thin-plate
/// splines of several smoothings, XMALab's local weighted mean.
[[nodiscard]] std::vector<UndistortionModel> usual_undistortion_models();

/// Chooses the model by k-fold cross-validation: the one with the least RMS error at points that it
/// was not fitted to. Folds are random, the same for all models; a model that cannot be fitted to a
/// fold is out. Error and noise of the points are in the figure together. The result does not
/// depend on the number of threads. Throws drr::Error(usage).
[[nodiscard]] UndistortionChoice choose_undistortion(
    std::span<const GridCorrespondence> points, const UndistortionChoiceOptions& options,
    const std::vector<UndistortionModel>& models = usual_undistortion_models());

}  // namespace stereo
