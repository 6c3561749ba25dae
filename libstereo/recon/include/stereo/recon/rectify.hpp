#pragma once

#include <drr/core/image.hpp>
#include <drr/geometry/pinhole.hpp>

#include <array>

namespace stereo {

/// Two views turned about their sources, so that both detectors lie in one plane along the baseline
/// and epipolar lines are the rows, of the same number in both images.
struct RectifiedPair {
    std::array<drr::CalibratedView, 2> views;  ///< rectified: one focal length, one cy
    /// Homogeneous: from pixels of the views to pixels of the rectified ones.
    std::array<Eigen::Matrix3d, 2> rectified_from_pixel;
};

/// Rectifies two convergent views (Fusiello, Trucco & Verri, "A compact algorithm for rectification
/// of stereo pairs", Machine Vision and Applications 2000): columns along the baseline, the new
/// axis as near to both old ones as that allows, focal length their mean, the middle of each image
/// in the middle along columns. Where the baseline runs along rows' numbers the images come out
/// turned by a right angle. Throws drr::Error(usage) for sources at one place or a view along the
/// baseline.
[[nodiscard]] RectifiedPair rectify(const drr::CalibratedView& view_a,
                                    const drr::CalibratedView& view_b);

/// The image as the rectified view sees it, by bicubic interpolation; 0 beyond the border.
[[nodiscard]] drr::Image<float> rectified_image(const drr::Image<float>& image,
                                                const Eigen::Matrix3d& rectified_from_pixel);

}  // namespace stereo
