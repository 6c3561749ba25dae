#include "shadow_groups.hpp"

#include <algorithm>

namespace stereo {
namespace {

constexpr double blur_reach = 3.0;  // the Gaussian is 0.01 of its peak there

}  // namespace

double shadow_reach_px(const BeadShadow& shadow, double blur_px) {
    return shadow.radius_px + blur_reach * blur_px;
}

bool touch(const BeadShadow& a, const BeadShadow& b, double blur_px) {
    return (a.center_px - b.center_px).norm() < a.radius_px + shadow_reach_px(b, blur_px);
}

bool in_reach(const BeadShadow& of, const BeadShadow& other, double blur_px) {
    return (of.center_px - other.center_px).norm() <
           fit_radius_px(of.radius_px, blur_px) + shadow_reach_px(other, blur_px);
}

std::vector<std::size_t> touching(std::size_t i, const std::vector<BeadShadow>& shadows,
                                  double blur_px) {
    std::vector<std::size_t> near;
    for (std::size_t j = 0; j < shadows.size(); ++j)
        if (j != i && touch(shadows[i], shadows[j], blur_px)) near.push_back(j);
    std::stable_sort(near.begin(), near.end(), [&](std::size_t a, std::size_t b) {
        return (shadows[a].center_px - shadows[i].center_px).squaredNorm() <
               (shadows[b].center_px - shadows[i].center_px).squaredNorm();
    });
    near.resize(std::min(near.size(), max_joint_beads - 1));
    near.insert(near.begin(), i);
    return near;
}

std::vector<Disc> shadows_beside(const std::vector<std::size_t>& group,
                                 const std::vector<BeadShadow>& shadows, double blur_px) {
    std::vector<Disc> discs;
    for (std::size_t j = 0; j < shadows.size(); ++j) {
        if (std::find(group.begin(), group.end(), j) != group.end()) continue;
        if (std::any_of(group.begin(), group.end(),
                        [&](std::size_t i) { return in_reach(shadows[i], shadows[j], blur_px); }))
            discs.push_back({shadows[j].center_px, shadow_reach_px(shadows[j], blur_px)});
    }
    return discs;
}

}  // namespace stereo
