#pragma once

#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/imaging/dicom_image.hpp>

namespace test {

inline const Eigen::Vector3d isocentre_in_world_mm(10.0, -20.0, 30.0);

/// A view of a rig, with pixels that are not square.
inline drr::XrayView dicom_view() {
    drr::StereoRigSpec rig;
    rig.width_px = 60;
    rig.height_px = 40;
    rig.pixel_pitch_mm = {0.8, 0.4};
    rig.stereo_angle_rad = 0.1;
    rig.isocentre_mm = isocentre_in_world_mm;
    return make_stereo_rig(rig)[1];
}

inline drr::Image<float> random_line_integrals() {
    drr::Image<float> image(60, 40);
    drr::Rng rng({.seed = 1});
    for (float& value : image.pixels())
        value = static_cast<float>(rng.uniform(0.0, 4.0));
    return image;
}

inline void write_dicom_image(const std::filesystem::path& path, const drr::GreyWindow& window,
                              drr::DicomImageOptions options = {}) {
    options.isocentre_in_world_mm = isocentre_in_world_mm;
    write_xa_image(path, to_16_bits(random_line_integrals(), window), window, dicom_view(),
                   options);
}

}  // namespace test
