#pragma once

#include <drr/core/degree.hpp>
#include <drr/core/parallel.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/volume/ct_volume.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

// What projectors of volumes are timed on.
namespace bench {

using drr::CtVolume;
using drr::XrayView;
using Eigen::Vector3d;

struct Workload {
    const char* name;
    std::array<int, 3> sizes;
    Vector3d spacing_mm;
    int pixels;
    double pitch_mm;
};

/// The case of DiffDRR's paper, a clinical one, and one as registration repeats it.
inline const std::array<Workload, 3> workloads{
    {{"W1", {512, 512, 133}, {0.703, 0.703, 2.5}, 200, 2.0},
     {"W2", {512, 512, 400}, {0.7, 0.7, 0.8}, 1024, 0.4},
     {"W3", {256, 256, 256}, {1.0, 1.0, 1.0}, 256, 1.6}}};

/// A trunk with lungs, heart, spine and ribs in vacuum: half of the volume is empty.
inline CtVolume chest(const Workload& work) {
    struct Organ {
        Vector3d centre, half_axes;  ///< in half sizes of the volume
        float hu;
    };
    const std::array<Organ, 5> organs{{{{0, 0, 0}, {0.92, 0.68, 2.0}, 0.0F},
                                       {{-0.42, -0.05, 0}, {0.32, 0.46, 0.8}, -820.0F},
                                       {{0.42, -0.05, 0}, {0.32, 0.46, 0.8}, -820.0F},
                                       {{0.1, -0.2, -0.1}, {0.25, 0.25, 0.5}, 50.0F},
                                       {{0, 0.45, 0}, {0.1, 0.12, 2.0}, 600.0F}}};
    CtVolume ct{{work.sizes, work.spacing_mm}, {}};
    ct.origin_mm = -ct.centre_in_world_mm();
    ct.hu.assign(ct.voxel_count(), -1000.0F);
    const Vector3d half = -ct.origin_mm;
    drr::parallel_for(static_cast<std::size_t>(work.sizes[2]), [&](std::size_t slice) {
        const int k = static_cast<int>(slice);
        for (int j = 0; j < work.sizes[1]; ++j)
            for (int i = 0; i < work.sizes[0]; ++i) {
                const Vector3d at = ct.world_from_index(Vector3d(i, j, k)).cwiseQuotient(half);
                for (const Organ& organ : organs)
                    if ((at - organ.centre).cwiseQuotient(organ.half_axes).squaredNorm() < 1.0)
                        ct.at(i, j, k) = organ.hu;
                // Ribs: rings on the wall of the chest.
                const double wall = at.cwiseQuotient(Vector3d(0.82, 0.58, 1e9)).norm();
                if (std::abs(wall - 1.0) < 0.03 && std::fmod(at.z() + 2.0, 0.25) < 0.1)
                    ct.at(i, j, k) = 400.0F;
            }
    });
    return ct;
}

struct Pose {
    const char* name;
    double orbit_deg, cranial_deg, roll_deg;
};

inline XrayView view_of(const Workload& work, const Pose& pose) {
    drr::StereoRigSpec rig;
    rig.sdd_mm = 1020.0;
    rig.source_isocentre_mm = 700.0;
    rig.width_px = rig.height_px = work.pixels;
    rig.pixel_pitch_mm.setConstant(work.pitch_mm);
    rig.primary_angle_rad += pose.orbit_deg * drr::degree;
    rig.secondary_angle_rad = pose.cranial_deg * drr::degree;
    rig.detector_rotation_rad = -pose.roll_deg * drr::degree;
    return make_stereo_rig(rig)[0];
}

}  // namespace bench
