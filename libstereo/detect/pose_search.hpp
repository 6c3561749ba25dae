#pragma once

#include <stereo/detect/identify.hpp>

#include <vector>

namespace stereo {

/// Blobs of one image with a lookup of the nearest one.
class BlobMap {
  public:
    BlobMap(const std::vector<Eigen::Vector2d>& blobs_px, int width_px, int height_px);

    [[nodiscard]] const std::vector<Eigen::Vector2d>& blobs() const { return blobs_; }
    [[nodiscard]] bool contains(const Eigen::Vector2d& pixel) const;
    /// Index of the blob nearest to a pixel and its distance; -1 outside the image (plus margin)
    /// or without blobs. Exact up to the size of a lookup cell.
    struct Nearest {
        int blob = -1;
        double distance_px = 0.0;
    };
    [[nodiscard]] Nearest nearest(const Eigen::Vector2d& pixel) const;

  private:
    std::vector<Eigen::Vector2d> blobs_;
    int width_px_;
    int height_px_;
    int columns_ = 0;
    int rows_ = 0;
    std::vector<int> nearest_;  // per cell
};

/// A pose of the phantom that explains the blobs of one view.
struct PoseCandidate {
    drr::Rigid3 view_from_phantom;
    double score = 0.0;  ///< beads found less half of those missing inside the image
};

/// Poses in one view by falling score, those that a symmetry of the beads makes equal only once.
[[nodiscard]] std::vector<PoseCandidate> search_poses(const BlobMap& map,
                                                      const std::vector<Eigen::Vector3d>& beads_mm,
                                                      const std::vector<BeadSymmetry>& symmetries,
                                                      const NominalView& nominal,
                                                      const IdentifyOptions& options);

}  // namespace stereo
