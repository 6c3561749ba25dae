#pragma once

#include <drr/geometry/rigid3.hpp>

#include <span>

namespace stereo {

/// The motion that carries one set of points onto another.
struct RigidFit {
    drr::Rigid3 to_from_from;  ///< to = scale * R from + t
    double scale = 1.0;
    double rms_mm = 0.0;  ///< root mean square distance that is left
    /// False for fewer than 3 points or points on a line: the rotation is not determined.
    bool ok = false;
};

struct RigidFitOptions {
    bool with_scale = false;  ///< similarity instead of rigid motion
};

/// Least-squares motion of `from` onto `to` (Umeyama, "Least-squares estimation of transformation
/// parameters between two point patterns", PAMI 1991). Throws drr::Error(usage) when the counts
/// differ.
[[nodiscard]] RigidFit fit_rigid(std::span<const Eigen::Vector3d> from_mm,
                                 std::span<const Eigen::Vector3d> to_mm,
                                 const RigidFitOptions& options = {});

}  // namespace stereo
