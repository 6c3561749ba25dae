#include "inputs/view_options.hpp"

#include <drr/core/error.hpp>

namespace tools {

std::optional<drr::Detector> ViewOptions::detector() const {
    if (size_px.empty() && !pitch_mm && !row_pitch_mm) return std::nullopt;
    drr::require(!size_px.empty() && pitch_mm, "--size-px and --pitch-mm are given together");
    const drr::Detector detector{size_px[0], size_px[1], *pitch_mm, row_pitch_mm};
    detector.validate();
    return detector;
}

void add_view_options(CLI::App& command, ViewOptions& options) {
    command
        .add_option("--size-px", options.size_px,
                    "Columns,rows of the detector, for an RTK geometry or plain matrices")
        ->type_name("W,H")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->expected(2);
    command.add_option("--pitch-mm", options.pitch_mm, "Pixel pitch, for the same");
    command.add_option("--row-pitch-mm", options.row_pitch_mm,
                       "Pitch along rows' numbers where it differs; matrices tell it themselves");
}

}  // namespace tools
