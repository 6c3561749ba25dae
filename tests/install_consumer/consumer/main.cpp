#include <drr/geometry/stereo_rig.hpp>
#include <stereo/recon/triangulate.hpp>

#include <array>
#include <cmath>
#include <cstdio>

int main() {
    drr::StereoRigSpec spec;  // a clinical rig: SDD 1200 mm, 1024 x 1024 pixels of 0.25 mm
    spec.stereo_angle_rad = 0.1;
    const drr::StereoViews rig = drr::make_stereo_rig(spec);

    // What both detectors see of one point, measured 0.05 px too far to the right in view 0.
    const Eigen::Vector3d point_in_world_mm(10.0, -20.0, 30.0);
    const std::array views = {rig[0].calibrated(), rig[1].calibrated()};
    std::array pixels = {views[0].project(point_in_world_mm), views[1].project(point_in_world_mm)};
    pixels[0].x() += 0.05;

    const stereo::Triangulation found = stereo::triangulate(views, pixels);
    const Eigen::Vector3d error_mm = found.point_in_world_mm - point_in_world_mm;
    const Eigen::Matrix3d covariance_mm2 = 0.05 * 0.05 * found.covariance_mm2;
    std::printf("error of x y z, mm: %.3f %.3f %.3f\n", error_mm.x(), error_mm.y(), error_mm.z());
    std::printf("standard deviation of y (depth) at 0.05 px, mm: %.3f\n",
                std::sqrt(covariance_mm2(1, 1)));
}
