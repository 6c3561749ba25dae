#pragma once

#include <stereo/recon/clusters.hpp>
#include <stereo/recon/crossing_lines.hpp>
#include <stereo/recon/match.hpp>
#include <stereo/recon/reconstruction_error.hpp>
#include <stereo/recon/triangulate.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace tools {

/// One pair of radiographs, reconstructed.
struct TriangulatedFrame {
    std::vector<std::string> files;  ///< of both views, or of named points
    std::vector<std::string> names;  ///< of the beads, the same in both views; empty: by row
    std::array<std::vector<stereo::MeasuredPixel>, 2> pixels;  ///< undistorted
    stereo::MatchResult result;                    ///< its points are by the method asked for
    std::vector<stereo::CrossingLines> crossings;  ///< one per match
    std::vector<Eigen::Vector3d> points_mm;
    /// What the calibration's error adds to each point's covariance: claimed, or told by epipolar
    /// distances. It is shared by all points near each other, so that it takes no part in clusters
    /// and motions.
    std::vector<Eigen::Matrix3d> of_calibration_mm2;
};

/// Median, root mean square and maximum of absolute values.
struct Spread {
    std::size_t count = 0;
    double median = 0.0, rms = 0.0, max = 0.0;
};
[[nodiscard]] Spread spread_of(std::vector<double> values);

[[nodiscard]] Spread sampson_spread(const std::vector<TriangulatedFrame>& frames);
[[nodiscard]] Spread crossing_spread(const std::vector<TriangulatedFrame>& frames);

/// How a cluster moved from the first frame to another.
struct ClusterMotion {
    std::size_t frame = 0;
    stereo::RigidFit fit;  ///< weighted by the covariances of the points
};
[[nodiscard]] std::vector<ClusterMotion> motions_of(const std::vector<TriangulatedFrame>& frames,
                                                    const stereo::RigidCluster& cluster);

/// All points: their beads' names, or rows from 1, pixels, Sampson and crossing-line distances,
/// coordinates, standard deviations and the correlations of the coordinates.
[[nodiscard]] std::string points_csv(const std::vector<TriangulatedFrame>& frames,
                                     const std::vector<stereo::RigidCluster>& clusters);

/// The tables for the terminal.
[[nodiscard]] std::string text_of(const std::vector<TriangulatedFrame>& frames,
                                  const std::vector<stereo::RigidCluster>& clusters,
                                  const std::optional<stereo::ReconstructionError>& error);

/// The same as JSON, to be added to a header.
void add_results(nlohmann::ordered_json& report, const std::vector<TriangulatedFrame>& frames,
                 const std::vector<stereo::RigidCluster>& clusters,
                 const std::optional<stereo::ReconstructionError>& error);

}  // namespace tools
