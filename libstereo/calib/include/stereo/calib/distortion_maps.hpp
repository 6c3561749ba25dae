#pragma once

#include <drr/core/image.hpp>
#include <drr/geometry/distortion.hpp>
#include <drr/geometry/pinhole.hpp>
#include <drr/geometry/polynomial_map.hpp>

#include <Eigen/Core>

#include <optional>
#include <variant>
#include <vector>

namespace stereo {

/// Where a map takes a point, and how that changes with the point: column k of the Jacobian by
/// coordinate k.
struct MappedPoint {
    Eigen::Vector2d point_px = Eigen::Vector2d::Zero();
    Eigen::Matrix2d jacobian = Eigen::Matrix2d::Identity();
};

// Maps from undistorted to distorted pixels. Each has at(), none where the map is not defined.

/// A flat panel's: none.
struct NoDistortion {
    [[nodiscard]] std::optional<MappedPoint> at(const Eigen::Vector2d& p) const {
        return {{p, Eigen::Matrix2d::Identity()}};
    }
};

/// A lens's, in OpenCV's form about the principal point.
struct BrownConradyMap {
    drr::Pinhole pinhole;
    drr::BrownConrady distortion;

    [[nodiscard]] std::optional<MappedPoint> at(const Eigen::Vector2d& p) const;
};

/// One polynomial for the whole field.
struct GlobalPolynomialMap {
    drr::PolynomialMap polynomial;

    [[nodiscard]] std::optional<MappedPoint> at(const Eigen::Vector2d& p) const;
};

/// A thin-plate spline: an affine map and weights times r^2 ln r of the distances to the nodes,
/// coordinates over `scale_px` about `center_px` (Bookstein, IEEE Trans. PAMI 11 (1989) 567; the
/// smoothing form by Wahba, "Spline models for observational data", 1990).
struct ThinPlateMap {
    Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
    double scale_px = 1.0;
    std::vector<Eigen::Vector2d> nodes;                                        ///< scaled
    Eigen::MatrixX2d weights;                                                  ///< a row a node
    Eigen::Matrix<double, 3, 2> affine = Eigen::Matrix<double, 3, 2>::Zero();  ///< 1, x, y

    [[nodiscard]] std::optional<MappedPoint> at(const Eigen::Vector2d& p) const;
};

/// Goshtasby's local weighted mean (Image Vis. Comput. 6 (1988) 255), which XMALab uses: at each
/// node a polynomial of second order through its nearest nodes; at a point the mean of the
/// polynomials of the nodes within whose radius it lies, weighted by 1 - 3 R^2 + 2 R^3 of the
/// distance over the radius. None where no node is near.
struct LocalWeightedMeanMap {
    struct Node {
        Eigen::Vector2d at_px = Eigen::Vector2d::Zero();
        double radius_px = 0.0;  ///< distance to the farthest of its nearest nodes
        /// Of 1, x, y, x^2, xy, y^2 of the point's place from the node over the radius.
        Eigen::Matrix<double, 6, 2> coefficients = Eigen::Matrix<double, 6, 2>::Zero();
    };
    std::vector<Node> nodes;

    [[nodiscard]] std::optional<MappedPoint> at(const Eigen::Vector2d& p) const;
};

/// A table of the distorted place of each undistorted pixel, bilinear between pixels; negative
/// where there is none.
struct LookupMap {
    drr::Image<float> u_px;
    drr::Image<float> v_px;

    [[nodiscard]] std::optional<MappedPoint> at(const Eigen::Vector2d& p) const;
};

using DistortionMap = std::variant<NoDistortion, BrownConradyMap, GlobalPolynomialMap, ThinPlateMap,
                                   LocalWeightedMeanMap, LookupMap>;

}  // namespace stereo
