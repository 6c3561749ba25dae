#include "wand.hpp"

#include "homography.hpp"

#include <drr/geometry/decompositions.hpp>

namespace stereo {
namespace {

// The point nearest to the rays of all views that see a bead of a frame.
std::optional<Eigen::Vector3d> nearest_to_rays(const Wand& wand, int frame, int bead,
                                               std::span<const drr::CalibratedView> views) {
    Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
    Eigen::Vector3d right = Eigen::Vector3d::Zero();
    int rays = 0;
    for (const auto& item : wand.items) {
        if (item.pose != frame || item.marker != bead) continue;
        const auto& view = views[static_cast<std::size_t>(item.view)];
        const Eigen::Vector3d ray = view.ray_in_world(item.pixel).normalized();
        const Eigen::Matrix3d across = Eigen::Matrix3d::Identity() - ray * ray.transpose();
        normal += across;
        right += across * view.source_in_world_mm();
        ++rays;
    }
    if (rays < 2) return std::nullopt;
    const Eigen::Vector3d point = drr::solve_symmetric(normal, right);
    if (!point.allFinite()) return std::nullopt;
    return point;
}

// The rotation of least squares that lays one set of arms on another; of arms along one line, one
// of many.
Eigen::Matrix3d laid_on(const std::vector<Eigen::Vector3d>& from,
                        const std::vector<Eigen::Vector3d>& to) {
    Eigen::Matrix3d products = Eigen::Matrix3d::Zero();
    for (std::size_t i = 0; i < from.size(); ++i)
        products += to[i] * from[i].transpose();
    const drr::Svd3 svd = drr::svd_of(products);
    Eigen::Vector3d signs = Eigen::Vector3d::Ones();
    signs.z() = (svd.u * svd.v.transpose()).determinant() < 0.0 ? -1.0 : 1.0;
    return svd.u * signs.asDiagonal() * svd.v.transpose();
}

}  // namespace

Observations with_wand_poses(const Observations& observations) {
    Observations joined = observations;
    const auto markers = static_cast<int>(observations.markers_in_phantom_mm.size());
    joined.markers_in_phantom_mm.insert(joined.markers_in_phantom_mm.end(),
                                        observations.wand.beads_mm.begin(),
                                        observations.wand.beads_mm.end());
    joined.pose_count += observations.wand.frame_count;
    for (Observation item : observations.wand.items) {
        item.pose += observations.pose_count;
        item.marker += markers;
        joined.items.push_back(item);
    }
    return joined;
}

bool is_straight(const Wand& wand) {
    return shape_of(wand.beads_mm).is_line();
}

std::vector<std::optional<drr::Rigid3>> world_from_wand(
    const Wand& wand, std::span<const drr::CalibratedView> views) {
    std::vector<std::optional<drr::Rigid3>> poses(static_cast<std::size_t>(wand.frame_count));
    for (int frame = 0; frame < wand.frame_count; ++frame) {
        std::vector<Eigen::Vector3d> design;
        std::vector<Eigen::Vector3d> found;
        Eigen::Vector3d design_mean = Eigen::Vector3d::Zero();
        Eigen::Vector3d found_mean = Eigen::Vector3d::Zero();
        for (std::size_t bead = 0; bead < wand.beads_mm.size(); ++bead) {
            const auto point = nearest_to_rays(wand, frame, static_cast<int>(bead), views);
            if (!point) continue;
            design.push_back(wand.beads_mm[bead]);
            found.push_back(*point);
            design_mean += design.back();
            found_mean += found.back();
        }
        if (design.size() < 2) continue;
        design_mean /= static_cast<double>(design.size());
        found_mean /= static_cast<double>(design.size());
        for (std::size_t i = 0; i < design.size(); ++i) {
            design[i] -= design_mean;
            found[i] -= found_mean;
        }
        const Eigen::Matrix3d turn = laid_on(design, found);
        poses[static_cast<std::size_t>(frame)] = drr::Rigid3(turn, found_mean - turn * design_mean);
    }
    return poses;
}

}  // namespace stereo
