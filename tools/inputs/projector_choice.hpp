#pragma once

#include <drr/core/log.hpp>
#include <drr/projector/projector.hpp>
#include <drr/projector/trilinear.hpp>
#include <drr/volume/ct_volume.hpp>
#include <drr/volume/hu_to_mu.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace tools {

/// How rays through a CT volume are summed.
struct ProjectorChoice {
    std::string name = "joseph";
    bool int16 = false;         ///< drr::MuVolume16
    bool plain_layout = false;  ///< drr::VolumeLayout::plain
    double step_voxels = drr::TrilinearOptions{}.step_voxels;
};

/// Adds --projector and what goes with it.
void add_projector_options(CLI::App& command, ProjectorChoice& choice);

/// `progress` is told about slow images.
[[nodiscard]] std::unique_ptr<drr::Projector> make_projector(const ProjectorChoice& choice,
                                                             const drr::CtVolume& volume,
                                                             const drr::HuToMu& hu_to_mu,
                                                             drr::ProgressSink progress);

}  // namespace tools
