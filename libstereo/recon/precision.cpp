#include <drr/core/error.hpp>
#include <stereo/recon/precision.hpp>

#include <cmath>
#include <numbers>

namespace stereo {

RepeatedExaminations repeated_examinations(std::span<const Eigen::VectorXd> first,
                                           std::span<const Eigen::VectorXd> second) {
    drr::require(first.size() == second.size(), "repeated examinations come in pairs");
    RepeatedExaminations result;
    result.pairs = first.size();
    if (result.pairs < 2) return result;
    const Eigen::Index length = first[0].size();
    const auto n = static_cast<double>(result.pairs);
    std::vector<Eigen::VectorXd> differences;
    result.mean_difference = Eigen::VectorXd::Zero(length);
    for (std::size_t i = 0; i < result.pairs; ++i) {
        drr::require(first[i].size() == length && second[i].size() == length,
                     "repeated examinations need as many components each time");
        differences.emplace_back(second[i] - first[i]);
        result.mean_difference += differences.back() / n;
    }
    Eigen::VectorXd variance = Eigen::VectorXd::Zero(length);
    for (const Eigen::VectorXd& difference : differences)
        variance += (difference - result.mean_difference).cwiseAbs2() / (n - 1.0);
    constexpr double normal_95 = 1.959964;  // two-sided 95 % of the normal distribution
    result.sd_difference = variance.cwiseSqrt();
    result.sd_single = result.sd_difference / std::numbers::sqrt2;
    result.limit_95 = normal_95 * result.sd_difference;
    result.relative_error = 1.0 / std::sqrt(2.0 * (n - 1.0));
    result.ok = true;
    return result;
}

InterMarkerDistances inter_marker_distances(
    std::span<const std::vector<std::optional<Eigen::Vector3d>>> frames_mm) {
    InterMarkerDistances result;
    if (frames_mm.empty()) return result;
    const std::size_t markers = frames_mm[0].size();
    for (const auto& frame : frames_mm)
        drr::require(frame.size() == markers, "all frames need the same markers");
    double squares = 0.0;
    double freedom = 0.0;
    for (std::size_t a = 0; a < markers; ++a)
        for (std::size_t b = a + 1; b < markers; ++b) {
            std::vector<double> distances_mm;
            for (const auto& frame : frames_mm)
                if (frame[a] && frame[b]) distances_mm.push_back((*frame[a] - *frame[b]).norm());
            if (distances_mm.size() < 2) continue;
            InterMarkerDistance pair{a, b, distances_mm.size(), 0.0, 0.0};
            const auto n = static_cast<double>(distances_mm.size());
            for (const double distance : distances_mm)
                pair.mean_mm += distance / n;
            double sum = 0.0;
            for (const double distance : distances_mm)
                sum += std::pow(distance - pair.mean_mm, 2.0);
            pair.sd_mm = std::sqrt(sum / (n - 1.0));
            squares += sum;
            freedom += n - 1.0;
            result.mean_sd_mm += pair.sd_mm;
            result.pairs.push_back(pair);
        }
    if (result.pairs.empty()) return result;
    result.pooled_sd_mm = std::sqrt(squares / freedom);
    result.mean_sd_mm /= static_cast<double>(result.pairs.size());
    return result;
}

}  // namespace stereo
