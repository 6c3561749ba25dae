#include "layout_update.hpp"

#include <Eigen/LU>

#include <algorithm>

namespace stereo {

BodyBead in_body(const PoseEstimate& pose, const Eigen::Vector3d& point_in_world_mm,
                 const Eigen::Matrix3d& covariance_mm2) {
    const Eigen::Vector3d arm = point_in_world_mm - pose.world_from_body.translation_mm;
    Eigen::Matrix<double, 3, 6> by_pose;
    by_pose << drr::cross_matrix(arm), -Eigen::Matrix3d::Identity();
    const Eigen::Matrix3d turn = pose.world_from_body.matrix();
    return {turn.transpose() * arm,
            turn.transpose() * (covariance_mm2 + by_pose * pose.covariance * by_pose.transpose()) *
                turn};
}

BodyBead mean_of(std::span<const PointInBody> points) {
    Eigen::Matrix3d weights = Eigen::Matrix3d::Zero();
    Eigen::Vector3d sum = Eigen::Vector3d::Zero();
    for (const PointInBody& one : points) {
        const Eigen::Matrix3d weight = one.point.covariance_mm2.inverse();
        weights += weight;
        sum += weight * one.point.point_mm;
    }
    BodyBead mean;
    mean.covariance_mm2 = weights.inverse();
    mean.point_mm = mean.covariance_mm2 * sum;
    return mean;
}

std::vector<BodyBead> missing_beads(const Body& body, std::vector<PointInBody> points,
                                    std::size_t frames_needed, const TrackOptions& options) {
    std::erase_if(points, [&](const PointInBody& one) {
        return std::any_of(body.beads.begin(), body.beads.end(), [&](const BodyBead& bead) {
            return (bead.point_mm - one.point.point_mm).norm() > options.max_extent_mm;
        });
    });
    const auto coincide = [&](const BodyBead& a, const BodyBead& b) {
        const Eigen::Vector3d difference = a.point_mm - b.point_mm;
        const Eigen::Matrix3d covariance = a.covariance_mm2 + b.covariance_mm2;
        return difference.dot(covariance.inverse() * difference) <=
               options.max_sigma * options.max_sigma;
    };
    std::vector<BodyBead> found;
    while (true) {
        std::vector<PointInBody> best;
        BodyBead middle;
        for (const PointInBody& seed : points) {
            // The nearest of each frame.
            std::vector<PointInBody> group;
            for (const PointInBody& other : points) {
                if (!coincide(seed.point, other.point)) continue;
                if (group.empty() || group.back().frame != other.frame)
                    group.push_back(other);
                else if ((other.point.point_mm - seed.point.point_mm).norm() <
                         (group.back().point.point_mm - seed.point.point_mm).norm())
                    group.back() = other;
            }
            if (group.size() <= best.size()) continue;
            best = std::move(group);
            middle = seed.point;
        }
        if (best.size() < frames_needed) return found;
        found.push_back(mean_of(best));
        std::erase_if(points, [&](const PointInBody& one) {
            return coincide(one.point, found.back()) || coincide(one.point, middle);
        });
    }
}

}  // namespace stereo
