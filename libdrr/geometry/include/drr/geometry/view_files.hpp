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
    std::optional<StereoRigSpec> rig;  ///< where the file is a rig, with its isocentre
};

struct ReadViewsOptions {
    /// Where a rig stands whose file gives no isocentre, e.g. the volume's centre.
    Eigen::Vector3d isocentre_mm = Eigen::Vector3d::Zero();
    /// For files that hold no detector, RTK geometries and plain matrices; not for others.
    std::optional<Detector> detector;
};

/// Reads views from a file by what it is: a rig (YAML, schema stereodrr/rig/v1), views (YAML,
/// schema stereodrr/views/v1), an RTK geometry (XML) or plain 3x4 projection matrices from world mm
/// to pixels (12 numbers a view, row by row, apart by white space or commas; lines that begin with
/// # are left out). Throws Error(io), Error(invalid_file) with file and line, Error(unsupported),
/// and Error(usage) when a detector is missing or given in vain.
[[nodiscard]] ViewSet read_views(const std::filesystem::path& path,
                                 const ReadViewsOptions& options = {});

/// The same from text; `name` stands for the file in messages.
[[nodiscard]] ViewSet parse_views(const std::string& text, const std::string& name,
                                  const ReadViewsOptions& options = {});

/// The YAML text of views, schema stereodrr/views/v1.
[[nodiscard]] std::string views_yaml(std::span<const XrayView> views);

/// The projection matrices of views as plain text, without their detectors.
[[nodiscard]] std::string projection_matrices_text(std::span<const XrayView> views);

}  // namespace drr
