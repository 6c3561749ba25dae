#include <stereo/detect/localize.hpp>

#include <array>

namespace stereo {

BeadFit split_blob(const drr::Image<float>& image, const BeadShadow& blob,
                   const Eigen::Vector2d& long_axis, double radius_px,
                   const BeadFitOptions& options, const std::vector<Disc>& excluded) {
    // Half distances in radii; the joint fit finds pairs from 1.2 radii on from one of them.
    constexpr std::array<double, 3> half_distances = {0.4, 0.6, 0.85};
    BeadFit best;
    for (const double half : half_distances) {
        BeadShadow one = blob;
        one.radius_px = radius_px;
        BeadShadow two = one;
        one.center_px -= half * radius_px * long_axis.normalized();
        two.center_px += half * radius_px * long_axis.normalized();
        const BeadFit fit = fit_beads(image, {one, two}, options, excluded);
        if (fit.converged && (!best.converged || fit.chi2_per_dof < best.chi2_per_dof)) best = fit;
    }
    return best;
}

}  // namespace stereo
