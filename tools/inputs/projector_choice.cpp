#include "inputs/projector_choice.hpp"

#include <drr/projector/itk_ray_cast.hpp>
#include <drr/projector/joseph.hpp>
#include <drr/projector/siddon.hpp>
#include <drr/projector/trilinear.hpp>

#include <utility>

namespace tools {
namespace {

/// Of a volume of either voxel type.
template <class Volume>
std::unique_ptr<drr::Projector> projector_of(const ProjectorChoice& choice, Volume volume) {
    const auto layout = choice.plain_layout ? drr::VolumeLayout::plain : drr::VolumeLayout::lanes;
    if (choice.name == "siddon")
        return std::make_unique<drr::SiddonProjector>(std::move(volume), layout);
    if (choice.name == "trilinear")
        return std::make_unique<drr::TrilinearProjector>(
            volume, drr::TrilinearOptions{.step_voxels = choice.step_voxels});
    return std::make_unique<drr::JosephProjector>(std::move(volume), layout);
}

}  // namespace

void add_projector_options(CLI::App& command, ProjectorChoice& choice) {
    command
        .add_option(
            "--projector", choice.name,
            "How rays are summed: joseph (interpolates in voxel planes), siddon (exact for "
            "voxels as cells), trilinear (marches with a step) or itk (the reference, slow)")
        ->check(CLI::IsMember({"joseph", "siddon", "trilinear", "itk"}))
        ->capture_default_str();
    command.add_flag("--int16", choice.int16,
                     "Hold attenuation in steps of 1 HU of water, in half the memory");
    command.add_flag("--plain", choice.plain_layout,
                     "joseph and siddon: make no copies of the volume for SIMD; slower, but for "
                     "few small images");
    command
        .add_option("--step-voxels", choice.step_voxels,
                    "trilinear: the longest step, in smallest voxel sides")
        ->capture_default_str();
}

std::unique_ptr<drr::Projector> make_projector(const ProjectorChoice& choice,
                                               const drr::CtVolume& volume,
                                               const drr::HuToMu& hu_to_mu,
                                               drr::ProgressSink progress) {
    if (choice.name == "itk")
        return std::make_unique<drr::ItkRayCastProjector>(volume, hu_to_mu, std::move(progress));
    if (choice.int16) return projector_of(choice, drr::mu_volume16(volume, hu_to_mu));
    return projector_of(choice, drr::mu_volume(volume, hu_to_mu));
}

}  // namespace tools
