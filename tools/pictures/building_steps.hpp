#pragma once

#include <drr/phantom/marker_phantom.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace tools {

/// What is put in place at once: the bricks that stand on one level, and the beads and references
/// that go into them.
struct BuildingStep {
    int level_plates = 0;  ///< height of the level on the grid
    std::vector<std::size_t> bricks;
    std::vector<std::size_t> beads;
    std::vector<std::size_t> references;
};

/// The steps of a phantom of bricks, from below. A marker that no brick holds comes with the last
/// step that begins below it. None without bricks.
[[nodiscard]] std::vector<BuildingStep> building_steps(const drr::MarkerPhantom& phantom);

/// The picture (PNG) of a step, from above: its bricks in their colours on those of the steps
/// before, paler the deeper they lie; beads and references with their ids; the parts that it takes.
[[nodiscard]] std::string building_step_picture(const drr::MarkerPhantom& phantom,
                                                const std::vector<BuildingStep>& steps,
                                                std::size_t step);

}  // namespace tools
