#pragma once

#include <Eigen/Core>

#include <optional>
#include <span>
#include <vector>

namespace stereo {

/// Precision from examining an unchanged object twice, component by component (of migration, of a
/// pose: whatever the columns are).
struct RepeatedExaminations {
    std::size_t pairs = 0;
    Eigen::VectorXd mean_difference;  ///< second minus first: systematic, 0 where nothing moved
    Eigen::VectorXd sd_difference;    ///< about the mean, over n - 1
    /// Of one examination, sd_difference / sqrt(2): the two have the same noise, independently.
    Eigen::VectorXd sd_single;
    /// 1.96 sd_difference: 95 % of the differences between two examinations of an unchanged object
    /// lie within it. What radiostereometry calls precision (ISO 16087; Valstar 2005).
    Eigen::VectorXd limit_95;
    /// Standard error of each of these standard deviations over itself: 1 / sqrt(2 (n - 1)).
    double relative_error = 0.0;
    bool ok = false;  ///< false for fewer than two pairs
};

/// Throws drr::Error(usage) when counts or lengths differ.
[[nodiscard]] RepeatedExaminations repeated_examinations(std::span<const Eigen::VectorXd> first,
                                                         std::span<const Eigen::VectorXd> second);

/// The distance between two markers of a rigid body over frames.
struct InterMarkerDistance {
    std::size_t a = 0;  ///< markers
    std::size_t b = 0;
    std::size_t frames = 0;  ///< that show both
    double mean_mm = 0.0;
    double sd_mm = 0.0;  ///< over frames - 1
};

struct InterMarkerDistances {
    std::vector<InterMarkerDistance> pairs;  ///< that two frames or more show
    /// Root mean square of the pairs' standard deviations, weighed by frames - 1.
    double pooled_sd_mm = 0.0;
    /// Mean of the pairs' standard deviations: what marker-based studies of moving bones quote
    /// (Brainerd et al., "X-ray reconstruction of moving morphology (XROMM)", J Exp Zool A 2010).
    double mean_sd_mm = 0.0;
};

/// frames[f][m]: marker m in frame f, or none. Throws drr::Error(usage) when frames differ in their
/// number of markers.
[[nodiscard]] InterMarkerDistances inter_marker_distances(
    std::span<const std::vector<std::optional<Eigen::Vector3d>>> frames_mm);

}  // namespace stereo
