#pragma once

#include "blob_map.hpp"
#include "pose_and_focal.hpp"

#include <optional>
#include <span>
#include <vector>

namespace stereo {

/// All that identification knows of one view.
struct ViewProblem {
    const BlobMap& map;
    const MarkerConstellation& constellation;
    const std::vector<Eigen::Vector3d>& markers_mm;  ///< constellation.all_mm()
    const NominalView& nominal;
    const IdentifyOptions& options;

    [[nodiscard]] std::size_t bead_count() const { return constellation.beads_mm.size(); }
    /// A uniform error of +-e has the standard deviation e / sqrt(3).
    [[nodiscard]] double log_focal_sd() const { return options.max_nominal_error / std::sqrt(3.0); }
};

/// The blobs of a view named under a pose, and how well that explains them.
struct Naming {
    ViewPoseFit fit;
    std::vector<int> marker_of_blob;  ///< -1 for none
    std::vector<bool> doubtful;       ///< per blob: another marker is predicted as near
    int beads_found = 0;
    int references_found = 0;
    int beads_visible = 0;        ///< predicted inside the image
    int beads_accounted = 0;      ///< of these: found, or hidden by a marker that was
    double squares_px2 = 0.0;     ///< sum of the found beads' squared residuals
    double as_built_sd_mm = 0.0;  ///< scatter of the found beads, at most the option's
    /// Log-likelihood of what was found and missed, and of its sizes, but not of where it lies;
    /// without the clutter's part, see below.
    double log_detections = 0.0;
    /// Log-likelihood against "all blobs are clutter" of the density given; without the clutter's
    /// part, which is that density's logarithm times markers_found().
    double log_likelihood_but_clutter = 0.0;

    [[nodiscard]] int markers_found() const { return beads_found + references_found; }
    [[nodiscard]] double log_likelihood(double clutter_per_px2) const {
        return log_likelihood_but_clutter - markers_found() * std::log(clutter_per_px2);
    }
};

/// Pairs beads and blobs with a gate that narrows from `start_gate_px`, fitting the pose in
/// between; none when fewer than 4 beads find a blob.
[[nodiscard]] std::optional<ViewPose> refine_pose(const ViewProblem& view, const ViewPose& start,
                                                  double start_gate_px);

/// Names the blobs under a pose, which is fitted once more to them. A blob goes to the marker that
/// it fits best.
[[nodiscard]] Naming name_blobs(const ViewProblem& view, const ViewPose& start,
                                double as_built_sd_mm);

/// Names the blobs under a pose as it is. Gates are those of the scatter, but not below
/// `min_gate_px`.
[[nodiscard]] Naming name_blobs_at(const ViewProblem& view, const ViewPose& pose,
                                   double as_built_sd_mm, double min_gate_px);

[[nodiscard]] std::vector<std::size_t> named_blobs(const Naming& naming);

/// A fit to some of a naming's named blobs, from its pose; none to fewer than 4.
[[nodiscard]] std::optional<ViewPoseFit> fit_to_some(const ViewProblem& view, const Naming& naming,
                                                     std::span<const std::size_t> blobs,
                                                     double as_built_sd_mm);

/// Density of false blobs: of those that a naming leaves over, where the phantom's shadow is or in
/// the whole image, whichever is more.
[[nodiscard]] double false_blobs_per_px2(const ViewProblem& view, const Naming& naming);

}  // namespace stereo
