#include "right_handed_frame.hpp"

#include <stereo/identify/constellation.hpp>

#include <algorithm>
#include <numeric>
#include <optional>

namespace stereo {
namespace {

using Points = std::vector<Eigen::Vector3d>;

// Where each centred point goes under a rotation; none unless every image is a point of the set.
std::optional<std::vector<int>> permutation(const Points& centred, const Eigen::Matrix3d& rotation,
                                            double tolerance_mm) {
    std::vector<int> images;
    std::vector<bool> taken(centred.size(), false);
    for (const auto& point : centred) {
        const Eigen::Vector3d moved = rotation * point;
        const auto nearest =
            std::min_element(centred.begin(), centred.end(), [&](auto& a, auto& b) {
                return (a - moved).squaredNorm() < (b - moved).squaredNorm();
            });
        const auto index = static_cast<std::size_t>(nearest - centred.begin());
        if ((*nearest - moved).norm() > tolerance_mm || taken[index]) return std::nullopt;
        taken[index] = true;
        images.push_back(static_cast<int>(index));
    }
    return images;
}

}  // namespace

std::vector<Eigen::Vector3d> MarkerConstellation::all_mm() const {
    std::vector<Eigen::Vector3d> all = beads_mm;
    all.insert(all.end(), references_mm.begin(), references_mm.end());
    return all;
}

Eigen::Vector3d centroid_of(const std::vector<Eigen::Vector3d>& points_mm) {
    return std::accumulate(points_mm.begin(), points_mm.end(),
                           Eigen::Vector3d(Eigen::Vector3d::Zero())) /
           static_cast<double>(points_mm.size());
}

std::vector<BeadSymmetry> bead_symmetries(const std::vector<Eigen::Vector3d>& beads_mm,
                                          double tolerance_mm) {
    BeadSymmetry identity{Eigen::Quaterniond::Identity(), std::vector<int>(beads_mm.size())};
    std::iota(identity.image_of_bead.begin(), identity.image_of_bead.end(), 0);
    std::vector<BeadSymmetry> symmetries{identity};
    if (beads_mm.size() < 3) return symmetries;

    // A rotation is fixed by what it does to two points off one line; candidates for their images
    // are the pairs with the same distances from the centroid and from each other.
    const Eigen::Vector3d centroid = centroid_of(beads_mm);
    Points centred;
    for (const auto& bead : beads_mm)
        centred.push_back(bead - centroid);
    const Eigen::Vector3d a = *std::max_element(
        centred.begin(), centred.end(), [](auto& p, auto& q) { return p.norm() < q.norm(); });
    const Eigen::Vector3d b =
        *std::max_element(centred.begin(), centred.end(),
                          [&](auto& p, auto& q) { return p.cross(a).norm() < q.cross(a).norm(); });
    if (a.cross(b).norm() <= tolerance_mm * a.norm()) return symmetries;
    const Eigen::Matrix3d start = right_handed_frame(a, b);
    for (const auto& image_a : centred) {
        if (std::abs(image_a.norm() - a.norm()) > tolerance_mm) continue;
        for (const auto& image_b : centred) {
            if (std::abs(image_b.norm() - b.norm()) > tolerance_mm ||
                std::abs((image_a - image_b).norm() - (a - b).norm()) > tolerance_mm ||
                image_a.cross(image_b).norm() <= tolerance_mm * a.norm())
                continue;
            const Eigen::Matrix3d rotation =
                right_handed_frame(image_a, image_b) * start.transpose();
            const auto images = permutation(centred, rotation, tolerance_mm);
            const bool known =
                images && std::any_of(symmetries.begin(), symmetries.end(),
                                      [&](auto& s) { return s.image_of_bead == *images; });
            if (images && !known) symmetries.push_back({Eigen::Quaterniond(rotation), *images});
        }
    }
    return symmetries;
}

}  // namespace stereo
