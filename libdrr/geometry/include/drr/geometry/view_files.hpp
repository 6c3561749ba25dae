#pragma once

#include <drr/geometry/stereo_rig.hpp>

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace drr {

/// The views that a file describes.
struct ViewSet {
    std::vector<XrayView> views;       ///< at least one
    std::optional<StereoRigSpec> rig;  ///< where the file is a rig; its two views are `views`

    /// Lets a rig whose file gives no isocentre stand here, e.g. at the volume's centre, instead of
    /// at the world's origin; other views stand where they stand.
    void place_rig(const Eigen::Vector3d& isocentre_mm);
};

/// Reads views from a file by what it is: a rig (YAML, schema stereodrr/rig/v1), views (YAML,
/// schema stereodrr/views/v1), an RTK geometry (XML) or plain 3x4 projection matrices from world mm
/// to pixels (12 numbers a view, row by row, apart by white space or commas; lines that begin with
/// # are left out). The last two hold no detector and need `detector`. Throws Error(io),
/// Error(invalid_file) with file and line, Error(unsupported), and Error(usage) when a detector is
/// missing or given in vain.
[[nodiscard]] ViewSet read_views(const std::filesystem::path& path,
                                 const std::optional<Detector>& detector = {});

/// The same from text; `name` stands for the file in messages.
[[nodiscard]] ViewSet parse_views(const std::string& text, const std::string& name,
                                  const std::optional<Detector>& detector = {});

/// The YAML text of views, schema stereodrr/views/v1.
[[nodiscard]] std::string views_yaml(std::span<const XrayView> views);

/// The projection matrices of views as plain text, without their detectors.
[[nodiscard]] std::string projection_matrices_text(std::span<const XrayView> views);

}  // namespace drr
