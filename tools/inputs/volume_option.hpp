#pragma once

#include <stereo/assess/working_volume.hpp>

#include <CLI/CLI.hpp>

#include <vector>

namespace tools {

/// --volume-mm x0,y0,z0,x1,y1,z1.
void add_volume_option(CLI::App& command, std::vector<double>& volume_mm);

/// The volume that was given, or the one of the calibration's own poses. Throws drr::Error(usage).
[[nodiscard]] stereo::WorkingVolume volume_of(const std::vector<double>& volume_mm,
                                              const stereo::Calibration& calibration);

}  // namespace tools
