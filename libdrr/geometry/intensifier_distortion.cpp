#include <drr/core/error.hpp>
#include <drr/geometry/intensifier_distortion.hpp>

#include <Eigen/Geometry>

#include <cmath>

namespace drr {

namespace {

/// Squared share of the field's radius.
double share2(const IntensifierDistortion& d, const Eigen::Vector2d& undistorted_px) {
    return (undistorted_px - d.center_px).squaredNorm() / (d.radius_px * d.radius_px);
}

/// Share s of the radius with s (1 + a s^2) = distorted; none beyond a barrel's fold.
std::optional<double> undistorted_share(double a, double distorted) {
    if (a < 0.0) {
        const double fold = std::sqrt(-1.0 / (3.0 * a));
        if (distorted >= 2.0 / 3.0 * fold) return std::nullopt;
    }
    // s (1 + a s^2) bends one way only, so Newton's method closes in from one side.
    double s = distorted;
    constexpr int most = 60;  // some 5 in practice; near a barrel's fold each halves the error
    for (int i = 0; i < most; ++i) {
        const double step = (s * (1.0 + a * s * s) - distorted) / (1.0 + 3.0 * a * s * s);
        s -= step;
        constexpr double tolerance = 1e-13;  // of the radius: 1e-9 px for any image
        if (std::abs(step) < tolerance) return s;
    }
    return std::nullopt;
}

}  // namespace

void IntensifierDistortion::validate(int width_px, int height_px) const {
    require(center_px.allFinite() && std::isfinite(sigmoid_rad),
            "the distortion's centre and turn must be finite");
    require(std::isfinite(radius_px) && radius_px > 0.0,
            "the distortion's radius_px must be positive");
    require(std::abs(pincushion) <= 1.0, "the pincushion distortion must be between -1 and 1");
    for (const double u : {-0.5, width_px - 0.5})
        for (const double v : {-0.5, height_px - 0.5})
            require(undistort({u, v}).has_value(),
                    "the barrel distortion folds over within the image; 'pincushion' must be "
                    "nearer to 0");
}

Eigen::Vector2d IntensifierDistortion::distort(const Eigen::Vector2d& undistorted_px) const {
    const double s2 = share2(*this, undistorted_px);
    return center_px + (1.0 + pincushion * s2) *
                           (Eigen::Rotation2Dd(sigmoid_rad * s2) * (undistorted_px - center_px));
}

std::optional<Eigen::Vector2d> IntensifierDistortion::undistort(
    const Eigen::Vector2d& distorted_px) const {
    const Eigen::Vector2d offset = distorted_px - center_px;
    const auto s = undistorted_share(pincushion, offset.norm() / radius_px);
    if (!s) return std::nullopt;
    const double s2 = *s * *s;
    return center_px + Eigen::Rotation2Dd(-sigmoid_rad * s2) * offset / (1.0 + pincushion * s2);
}

double IntensifierDistortion::area_ratio(const Eigen::Vector2d& undistorted_px) const {
    // dr'/dr times r'/r; the turn leaves areas alone.
    const double s2 = share2(*this, undistorted_px);
    return (1.0 + 3.0 * pincushion * s2) * (1.0 + pincushion * s2);
}

}  // namespace drr
