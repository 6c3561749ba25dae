#pragma once

#include <stereo/calib/uncertainty.hpp>

namespace test {

/// Sources, SDDs, principal points, stereo angle and baseline beside what is claimed for them.
struct CalibrationClaims {
    static constexpr int count = 14;
    Eigen::Matrix<double, count, 1> squares = Eigen::Matrix<double, count, 1>::Zero();
    Eigen::Matrix<double, count, 1> variances = Eigen::Matrix<double, count, 1>::Zero();
    Eigen::Matrix<double, count, 1> covered = Eigen::Matrix<double, count, 1>::Zero();
    int trials = 0;

    void add(const stereo::Calibration& found, const std::vector<drr::CalibratedView>& truth) {
        const stereo::CalibrationPrecision sd = stereo::precision_of(found);
        Eigen::Matrix<double, count, 1> error;
        Eigen::Matrix<double, count, 1> claimed;
        for (std::size_t v = 0; v < 2; ++v) {
            const auto at = static_cast<Eigen::Index>(6 * v);
            const auto& a = found.views[v];
            const auto& b = truth[v];
            error.segment<6>(at) << a.source_in_world_mm() - b.source_in_world_mm(),
                a.pinhole.fx_px - b.pinhole.fx_px, a.pinhole.cx_px - b.pinhole.cx_px,
                a.pinhole.cy_px - b.pinhole.cy_px;
            claimed.segment<6>(at) << sd.views[v].source_mm, sd.views[v].focal_length_px,
                sd.views[v].principal_point_px;
        }
        const auto baseline = [](const auto& views) {
            return (views[1].source_in_world_mm() - views[0].source_in_world_mm()).norm();
        };
        error.tail<2>() << drr::stereo_angle_rad(found.views[0], found.views[1]) -
                               drr::stereo_angle_rad(truth[0], truth[1]),
            baseline(found.views) - baseline(truth);
        claimed.tail<2>() << sd.stereo_angle_rad, sd.baseline_mm;
        squares += error.cwiseAbs2();
        variances += claimed.cwiseAbs2();
        covered += (error.cwiseAbs().array() < 1.96 * claimed.array()).matrix().cast<double>();
        ++trials;
    }
    [[nodiscard]] Eigen::VectorXd ratio() const {
        return squares.cwiseQuotient(variances).cwiseSqrt();
    }
    [[nodiscard]] double coverage(Eigen::Index first, Eigen::Index size) const {
        return covered.segment(first, size).sum() / static_cast<double>(size * trials);
    }
};

}  // namespace test
