#pragma once

#include "outputs/render_output.hpp"

#include <string>
#include <vector>

namespace tools {

/// A rotating sequence: the rig turns about the patient's long axis, +z through its isocentre, in
/// the sense of a growing primary angle.
struct Orbit {
    double start_deg = 0.0;
    double stop_deg = 0.0;
    double step_deg = 0.0;

    /// From start by steps up to and including stop; but not stop where it is a whole number of
    /// turns from start and would repeat it.
    [[nodiscard]] std::vector<double> angles_deg() const;
};

/// Reads START:STOP:STEP. Throws Error(usage) for what is not, a step that is 0 or leads away from
/// stop, and more than 100000 angles.
[[nodiscard]] Orbit read_orbit(const std::string& text);

/// The frames of a sequence, all views of one angle before the next: name view0-0000, series view0.
[[nodiscard]] std::vector<NamedView> orbit_frames(const std::vector<NamedView>& views,
                                                  const Orbit& orbit,
                                                  const Eigen::Vector3d& isocentre_in_world_mm);

}  // namespace tools
