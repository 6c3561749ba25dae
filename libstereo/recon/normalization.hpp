#pragma once

#include <stereo/recon/measured_pixel.hpp>

#include <Eigen/Core>

#include <cmath>
#include <span>

namespace stereo {

/// Moves pixels to zero mean and root mean square distance sqrt(2) (Hartley, "In defense of the
/// eight-point algorithm", PAMI 1997), so that a fit is well scaled.
struct Normalization {
    Eigen::Vector2d mean = Eigen::Vector2d::Zero();
    double scale = 1.0;

    explicit Normalization(std::span<const MeasuredPixel> pixels) {
        const auto count = static_cast<double>(pixels.size());
        for (const MeasuredPixel& p : pixels)
            mean += p.pixel / count;
        double sum = 0.0;
        for (const MeasuredPixel& p : pixels)
            sum += (p.pixel - mean).squaredNorm();
        scale = std::sqrt(2.0 * count / sum);
    }
    [[nodiscard]] MeasuredPixel apply(const MeasuredPixel& p) const {
        return {scale * (p.pixel - mean), scale * scale * p.covariance_px2};
    }
    [[nodiscard]] Eigen::Matrix3d matrix() const {
        Eigen::Matrix3d m;
        m << scale, 0.0, -scale * mean.x(), 0.0, scale, -scale * mean.y(), 0.0, 0.0, 1.0;
        return m;
    }
};

}  // namespace stereo
