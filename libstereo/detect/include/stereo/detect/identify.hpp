#pragma once

#include <drr/geometry/pinhole.hpp>
#include <stereo/detect/constellation.hpp>

#include <span>
#include <string>
#include <vector>

namespace stereo {

/// What an operator knows of a view without any calibration.
struct NominalView {
    drr::Pinhole pinhole;              ///< nominal SDD over pitch; the detector's centre
    Eigen::Quaterniond view_from_rig;  ///< how the views stand to each other
    int width_px = 0;
    int height_px = 0;
};

struct IdentifyOptions {
    /// A marker is found where a blob lies within this distance of its prediction. Has to cover
    /// what wrong nominal values do to a fitted pose: 5 % of the focal length leave 1 to 2 px.
    double gate_px = 6.0;
    /// Blobs with two predicted markers within this distance are left without a name.
    double ambiguity_px = 12.0;
    /// How far the views' relative rotation may be from its nominal value (5 % of 90 degrees, and a
    /// degree for the pose fits).
    double max_rotation_error_rad = 0.1;
    /// Fraction of the markers inside the image that must be found.
    double min_found_fraction = 0.5;
    /// An identity is certain when its best rival explains at least this many blobs less, summed
    /// over the views.
    int min_margin = 2;
    /// Orientations tried; 30,000 lie about 6 degrees apart.
    int orientations = 30000;

    void validate() const;
};

/// Which blob is which marker in one image.
struct ViewIdentity {
    /// One per blob: index into MarkerConstellation::all_mm(), or -1.
    std::vector<int> marker_of_blob;
    drr::Rigid3 view_from_phantom;  ///< for the nominal intrinsics
    int beads_found = 0;
    int references_found = 0;
    double rms_px = 0.0;  ///< of the found beads under the nominal intrinsics
};

struct IdentifyResult {
    std::vector<ViewIdentity> views;
    bool ok = false;         ///< found, and certain
    bool ambiguous = false;  ///< found, but another orientation explains the images as well
    std::string summary;     ///< one line
};

/// Names the blobs seen in all views of one pose, without anybody's help and from nominal values
/// only. In each view the pose is searched over all orientations (super-Fibonacci spirals, Alexa,
/// CVPR 2022) by how well scaled perspective predictions fall on blobs, and refined by closest
/// points and fit_pose(). Orientations that the beads' own symmetry makes equal are told apart by
/// the references and by how the views stand to each other; what remains undecided is reported as
/// ambiguous and left unnamed. `blobs_px` has the blobs' centres for each view. Throws
/// drr::Error(usage) when the counts of views differ.
[[nodiscard]] IdentifyResult identify_markers(
    std::span<const std::vector<Eigen::Vector2d>> blobs_px,
    const MarkerConstellation& constellation, std::span<const NominalView> nominal,
    const IdentifyOptions& options = {});

}  // namespace stereo
