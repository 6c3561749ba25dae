#pragma once

#include <stereo/study/experiment.hpp>

#include <string>
#include <vector>

namespace stereo {

/// Something that makes radiographs differ from ideal pictures of bare beads, and that an
/// experiment may have or not.
struct Effect {
    const char* name;
    bool (*present)(const ExperimentSpec& spec);
    /// Gives `to` the effect as `from` has it.
    void (*add)(const ExperimentSpec& from, ExperimentSpec& to);
};

/// All of them: quantum noise first, which no radiograph is without and against which detection
/// weighs all else; then in the order in which a bead's image meets them; at last what moves all of
/// it, errors of building and distortion, since they hide what comes after them.
[[nodiscard]] const std::vector<Effect>& effects();

}  // namespace stereo
