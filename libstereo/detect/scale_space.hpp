#pragma once

#include <drr/core/image.hpp>
#include <drr/geometry/rescaled_px.hpp>
#include <stereo/detect/bead_options.hpp>

#include <Eigen/Core>

#include <memory>
#include <vector>

namespace stereo {

/// One scale of the local contrast 1 - G(inner) / G(outer) of two Gaussian blurs, which does not
/// depend on the background's level. Pixels are those of the image reduced `reduction` times.
struct ContrastScale {
    double radius_px = 0.0;  ///< of the shadows that respond most, reduced pixels
    int reduction = 1;
    drr::Image<float> inner;     ///< the image, less sharp
    drr::Image<float> response;  ///< 0 where there is no light
    const drr::Image<float>* reduced = nullptr;

    /// Reduced pixels as full ones.
    [[nodiscard]] double full_px(double reduced_px) const {
        return drr::rescaled_px(reduced_px, reduction);
    }
    [[nodiscard]] double reduced_px(double full_px) const {
        return drr::rescaled_px(full_px, 1.0 / reduction);
    }
};

/// The scales for shadows of radii between two limits, and the reduced images under them.
struct ScaleSpace {
    std::vector<std::unique_ptr<drr::Image<float>>>
        reduced;                        ///< each half the size of the one before
    std::vector<ContrastScale> scales;  ///< by radius
};

/// Radii from `low_px` to `high_px`, both and those between in equal ratios of at most `step`.
[[nodiscard]] std::vector<double> geometric_steps(double low_px, double high_px, double step);

/// Takes the contrasts for the given radii (full pixels, ascending); `image` has to outlive the
/// result. Scales of which the image holds fewer than five pixels are left out.
[[nodiscard]] ScaleSpace make_scale_space(const drr::Image<float>& image,
                                          const std::vector<double>& radii_px,
                                          const CandidateSearchOptions& options);

}  // namespace stereo
