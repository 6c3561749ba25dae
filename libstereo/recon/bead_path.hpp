#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/recon/sync_offset.hpp>

#include <vector>

namespace stereo {

/// A cubic B-spline in space with uniform knots.
struct BeadPath {
    double begin = 0.0;    ///< frame of the first knot
    double spacing = 1.0;  ///< frames
    std::vector<Eigen::Vector3d> controls_mm;

    /// Which four controls a time depends on, and how it and its velocity do.
    struct Basis {
        std::size_t first = 0;
        Eigen::Vector4d weight;
        Eigen::Vector4d weight_per_frame;
    };
    [[nodiscard]] Basis basis(double frame) const;
};

/// One Gauss-Newton step of a bead's path and what it says about the offset.
struct PathEquations {
    double chi_square = 0.0;
    double squares_px2 = 0.0;
    int numbers = 0;
    int parameters = 0;  ///< of the path: three for each control that a sighting depends on
    /// Of the offset with the path eliminated: information and gradient.
    double information = 0.0;
    double gradient = 0.0;
    Eigen::VectorXd path_step;       ///< for an unchanged offset
    Eigen::VectorXd path_by_offset;  ///< by which the path follows the offset
    bool ok = false;                 ///< false for a point behind a source
};
[[nodiscard]] PathEquations path_equations(const std::array<drr::CalibratedView, 2>& views,
                                           const BeadSightings& bead, const BeadPath& path,
                                           double offset_frames);

/// A path through triangulated points of pixels of frame f in the first and f - offset in the
/// second view (to whole frames); none where no two meet.
[[nodiscard]] std::optional<BeadPath> first_path(const std::array<drr::CalibratedView, 2>& views,
                                                 const BeadSightings& bead, double offset_frames,
                                                 double spacing_frames, double margin_frames);

}  // namespace stereo
