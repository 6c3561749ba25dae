#include "projector_choice.hpp"

#include <drr/projector/itk_ray_cast.hpp>
#include <drr/projector/joseph.hpp>
#include <drr/projector/siddon.hpp>

#include <utility>

namespace tools {

void add_projector_options(CLI::App& command, ProjectorChoice& choice) {
    command
        .add_option("--projector", choice.name,
                    "How rays are summed: joseph (interpolates), siddon (exact for voxels as "
                    "cells) or itk (the reference, slow)")
        ->check(CLI::IsMember({"joseph", "siddon", "itk"}))
        ->capture_default_str();
}

std::unique_ptr<drr::Projector> make_projector(const ProjectorChoice& choice,
                                               const drr::CtVolume& volume,
                                               const drr::HuToMu& hu_to_mu,
                                               drr::ProgressSink progress) {
    if (choice.name == "siddon")
        return std::make_unique<drr::SiddonProjector>(drr::mu_volume(volume, hu_to_mu));
    if (choice.name == "itk")
        return std::make_unique<drr::ItkRayCastProjector>(volume, hu_to_mu, std::move(progress));
    return std::make_unique<drr::JosephProjector>(drr::mu_volume(volume, hu_to_mu));
}

}  // namespace tools
