#pragma once

#include <drr/geometry/view_files.hpp>

#include <CLI/CLI.hpp>

#include <optional>
#include <vector>

namespace tools {

/// The detector of files of views that hold none.
struct ViewOptions {
    std::vector<int> size_px;
    std::optional<double> pitch_mm;
    std::optional<double> row_pitch_mm;

    /// What drr::read_views takes. Throws Error(usage) when one is given without the other.
    [[nodiscard]] std::optional<drr::Detector> detector() const;
};

/// Declares --size-px, --pitch-mm and --row-pitch-mm.
void add_view_options(CLI::App& command, ViewOptions& options);

}  // namespace tools
