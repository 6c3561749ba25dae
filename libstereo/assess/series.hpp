#pragma once

#include <stereo/assess/drift.hpp>

namespace stereo {

/// One member of a series of measurements of the same numbers.
struct SeriesMember {
    Eigen::VectorXd values;
    Eigen::MatrixXd covariance;
};

/// Fills all of a drift but its summary from members and their times. Throws drr::Error(usage) for
/// a covariance that is not positive definite.
[[nodiscard]] Drift drift_of_series(std::vector<std::string> names,
                                    const std::vector<SeriesMember>& members,
                                    const std::vector<double>& times);

/// The times given, or 0, 1, 2, ... Throws drr::Error(usage) as calibration_drift.
[[nodiscard]] std::vector<double> checked_times(std::span<const double> times, std::size_t count);

[[nodiscard]] std::string summary_of(const Drift& drift);

}  // namespace stereo
