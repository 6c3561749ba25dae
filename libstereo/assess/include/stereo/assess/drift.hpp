#pragma once

#include <stereo/assess/rig_parameters.hpp>
#include <stereo/assess/significance.hpp>

#include <span>
#include <string>
#include <vector>

namespace stereo {

/// A change of one number with time.
struct Trend {
    std::string name;
    double slope = 0.0;  ///< per unit of time
    double sd = 0.0;
    double p_value = 1.0;  ///< two-sided
};

/// One of a series beside the others.
struct DriftItem {
    double time = 0.0;
    Eigen::VectorXd difference;  ///< from the weighted mean of all others
    Eigen::VectorXd sd;          ///< of that difference, both uncertainties
    Significance significance;
};

/// Whether a series of measurements of the same numbers is one value within its noise.
struct Drift {
    std::vector<std::string> names;
    Eigen::VectorXd mean;  ///< weighted with the inverse covariances
    Eigen::VectorXd mean_sd;
    std::vector<DriftItem> items;  ///< one per member of the series
    Significance stable;           ///< of no change at all: all members about one mean
    std::vector<Trend> trends;     ///< one per name
    Significance trend;            ///< of no slope in any of them
    std::string summary;           ///< one line
};

/// Tests a series of independent calibrations of one rig for stability, in the parameters that do
/// not depend on the world, by their covariances (chi-square): each against the mean of the others,
/// all together, and straight lines over time, all parameters of which are fitted at once by
/// generalized least squares. `times` gives each calibration's time in any unit; empty: 0, 1, 2,
/// ... Throws drr::Error(usage) for fewer than two calibrations, counts that differ, times that are
/// all the same, and as rig_parameters.
[[nodiscard]] Drift calibration_drift(std::span<const Calibration> calibrations,
                                      std::span<const double> times = {});

/// The same of beads that stand still and are seen again and again: `observations` whose poses are
/// the occasions and whose sd_px are believed. What is tested is the mean shift of each view's
/// image along columns and rows, and beside it (`stable`, `items`) every single pixel. Beads seen
/// once only are left out. Needs no calibration; anything that moves sources, detectors or beads
/// shows. Throws drr::Error(usage) for fewer than two occasions or no bead that is seen twice.
[[nodiscard]] Drift bead_drift(const Observations& observations,
                               std::span<const double> times = {});

}  // namespace stereo
