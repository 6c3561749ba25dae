#pragma once

#include <Eigen/Core>

#include <vector>

namespace drr {

enum class SpotShape { uniform, gaussian };

/// The area that a source emits from, parallel to the detector. It blurs what is magnified by m
/// over (m - 1) times its size on the detector.
struct FocalSpot {
    /// Along columns and rows; the full width of a uniform spot, the full width at half maximum of
    /// a Gaussian one. 0 is a point.
    Eigen::Vector2d size_mm = Eigen::Vector2d::Zero();
    SpotShape shape = SpotShape::uniform;
    /// Points that stand for the spot. All lie at different places along either side, so that an
    /// edge is smeared in that many steps.
    int samples = 16;

    /// Throws Error(usage) unless sizes are finite and not negative, and samples are 1 to 1024.
    void validate() const;

    /// Whether it is a point, which one sample does for.
    [[nodiscard]] bool is_point() const { return size_mm.isZero(0.0); }
};

/// Where the samples of a spot lie, along columns and rows from its middle: a lattice of rank 1
/// (Sloan and Joe, "Lattice methods for multiple integration", 1994) of equal weights, symmetric
/// about the middle; for a Gaussian its quantiles, with the variance made exact. Throws
/// Error(usage) as validate() does.
[[nodiscard]] std::vector<Eigen::Vector2d> spot_offsets_mm(const FocalSpot& spot);

}  // namespace drr
