#pragma once

#include <stereo/recon/rigid_fit.hpp>

#include <span>
#include <string>
#include <vector>

namespace stereo {

/// Errors of points, found minus true.
struct PointSetError {
    Eigen::Vector3d mean_mm = Eigen::Vector3d::Zero();  ///< bias
    Eigen::Vector3d rms_mm = Eigen::Vector3d::Zero();   ///< per axis
    double rms_length_mm = 0.0;                         ///< of the whole vector
    double max_length_mm = 0.0;
};

/// What a reconstruction is wrong by, with less and less laid to its frame: as it stands, after the
/// best rigid motion (place and orientation do not count) and after the best similarity (scale
/// does not count either). A scale error is what the last step takes away.
struct ReconstructionError {
    PointSetError absolute;
    PointSetError after_rigid;
    PointSetError after_similarity;
    RigidFit rigid;       ///< true from found
    RigidFit similarity;  ///< true from found; scale with its standard deviation
    /// Residuals (found - true) of each point, in the order given.
    std::vector<Eigen::Vector3d> residuals_mm;
    std::vector<Eigen::Vector3d> residuals_after_rigid_mm;
    bool ok = false;      ///< false for fewer than 3 points or points on a line
    std::string summary;  ///< one line
};

/// Throws drr::Error(usage) when the counts differ.
[[nodiscard]] ReconstructionError reconstruction_error(std::span<const Eigen::Vector3d> found_mm,
                                                       std::span<const Eigen::Vector3d> true_mm);

}  // namespace stereo
