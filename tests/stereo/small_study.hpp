#pragma once

#include "test.hpp"

#include <drr/core/file_io.hpp>
#include <stereo/trials/study.hpp>

#include <string>

namespace test {

/// An experiment that takes a millisecond on points: 27 beads, 4 poses.
inline const std::string small_experiment = R"(
  name: small
  seed: 1
  phantom:
    name: lattice
    lattice: { counts: [3, 3, 3], pitch_mm: [40, 40, 40], diameter_mm: 3, material: steel }
  bodies: false
  rig:
    sdd_mm: 1200
    source_isocentre_mm: 900
    stereo_angle_deg: 30
    detector: { width_px: 1024, height_px: 1024, pixel_pitch_mm: 0.25 }
  poses: { calibration: 4, held_out: 1, base_rotation_deg: [20, 25, 15], max_rotation_deg: 30, max_shift_mm: [8, 40, 8] }
  imaging: { photon_energy_kev: 60, photons_per_pixel: 20000 }
  nominal: { error_percent: 5 }
  epipolar: { threshold_px: 1 }
  center_sd_px: 0.05
)";

/// A study of it: `rest` holds its other keys.
inline std::string small_study_text(const std::string& rest, int repetitions = 3) {
    return "schema: stereodrr/study/v1\nname: small study\nlevel: points\nseed: 7\nrepetitions: " +
           std::to_string(repetitions) + "\nexperiment:" + small_experiment + rest;
}

inline stereo::Study small_study(const std::filesystem::path& folder, const std::string& rest,
                                 int repetitions = 3) {
    drr::write_file(folder / "study.yaml", small_study_text(rest, repetitions));
    return stereo::Study(folder / "study.yaml");
}

}  // namespace test
