#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/imaging/heel.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace drr {

Image<float> heel_image(const HeelEffect& heel, const TubeOptions& tube, const XrayView& view) {
    view.validate();
    require(std::isfinite(heel.anode_direction_rad), "the anode's direction must be finite");
    // The target's outward normal in the view frame, tilted from the anode to the beam.
    const Eigen::Vector3d to_anode(std::cos(heel.anode_direction_rad),
                                   std::sin(heel.anode_direction_rad), 0.0);
    const Eigen::Vector3d normal = std::sin(tube.anode_angle_rad) * Eigen::Vector3d::UnitZ() -
                                   std::cos(tube.anode_angle_rad) * to_anode;
    // The ratio bends evenly over the sine of the take-off angle: lines between this many nodes are
    // within 2e-5 of it.
    constexpr int intervals = 512;
    std::vector<double> take_off_rad;
    for (int i = 0; i <= intervals; ++i)
        take_off_rad.push_back(std::asin(static_cast<double>(i) / intervals));
    const std::vector<double> ratios = heel_ratios(tube, take_off_rad);

    Image<float> image(view.width_px, view.height_px);
    parallel_for(static_cast<std::size_t>(image.height()), [&](std::size_t index) {
        const int v = static_cast<int>(index);
        float* const out = image.row(v);
        for (int u = 0; u < image.width(); ++u) {
            const double sine = normal.dot(view.pixel_in_view_mm({u, v}).normalized());
            const double at = std::clamp(sine, 0.0, 1.0) * intervals;
            const auto node = static_cast<std::size_t>(std::min(at, intervals - 1.0));
            const double share = at - static_cast<double>(node);
            out[u] = static_cast<float>((1.0 - share) * ratios[node] + share * ratios[node + 1]);
        }
    });
    return image;
}

}  // namespace drr
