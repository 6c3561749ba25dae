#include <drr/core/error.hpp>
#include <stereo/study/metrics.hpp>

#include <algorithm>
#include <cmath>

namespace stereo {

double PointErrors::lateral_rms_mm() const {
    return rms_mm.head<2>().norm() / std::sqrt(2.0);
}

PointErrors point_errors(std::span<const Eigen::Vector3d> errors_mm,
                         const Eigen::Matrix3d& stereo_from_world) {
    PointErrors result;
    result.count = errors_mm.size();
    if (errors_mm.empty()) return result;
    const auto count = static_cast<double>(errors_mm.size());
    Eigen::Vector3d squares = Eigen::Vector3d::Zero();
    for (const auto& error : errors_mm) {
        const Eigen::Vector3d e = stereo_from_world * error;
        result.bias_mm += e / count;
        squares += e.cwiseAbs2() / count;
        result.max_mm = std::max(result.max_mm, e.norm());
    }
    result.rms_mm = squares.cwiseSqrt();
    result.precision_mm = (squares - result.bias_mm.cwiseAbs2()).cwiseMax(0.0).cwiseSqrt();
    return result;
}

DistanceErrors distance_errors(std::span<const Eigen::Vector3d> found_mm,
                               std::span<const Eigen::Vector3d> true_mm,
                               std::span<const int> group) {
    drr::require(found_mm.size() == true_mm.size() && found_mm.size() == group.size(),
                 "distance errors need found and true points and their groups");
    DistanceErrors result;
    double sum = 0.0;
    double squares = 0.0;
    for (std::size_t i = 0; i < found_mm.size(); ++i)
        for (std::size_t k = 0; k < i; ++k) {
            if (group[i] != group[k]) continue;
            const double error =
                (found_mm[i] - found_mm[k]).norm() - (true_mm[i] - true_mm[k]).norm();
            ++result.count;
            sum += error;
            squares += error * error;
            result.max_mm = std::max(result.max_mm, std::abs(error));
        }
    if (result.count == 0) return result;
    const auto count = static_cast<double>(result.count);
    result.bias_mm = sum / count;
    result.rms_mm = std::sqrt(squares / count);
    result.precision_mm =
        std::sqrt(std::max(squares / count - result.bias_mm * result.bias_mm, 0.0));
    return result;
}

}  // namespace stereo
