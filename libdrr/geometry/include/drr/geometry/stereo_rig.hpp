#pragma once

#include <drr/core/yaml_reader.hpp>
#include <drr/geometry/c_arm.hpp>
#include <drr/geometry/xray_view.hpp>

#include <array>
#include <filesystem>
#include <numbers>
#include <optional>

namespace drr {

/// Two views.
using StereoViews = std::array<XrayView, 2>;

/// A rig of two equal source-detector pairs that look at one isocentre and converge by
/// `stereo_angle_rad`. In the rig frame the isocentre is the origin and the axes are those of a
/// patient (LPS). The pair's middle stands as a C-arm at the primary and secondary angle; by
/// default the mean beam runs along +y (anterior to posterior), the detector's columns along +x
/// (the patient's left is at the image's right) and its rows along -z (superior is up). View 0 and
/// view 1 are the middle turned by minus and plus half a turn about the stereo axis.
struct StereoRigSpec {
    double sdd_mm = 1200.0;              ///< source to detector
    double source_isocentre_mm = 900.0;  ///< source to isocentre
    double stereo_angle_rad = 0.0;       ///< between the two central rays
    /// What the views turn about, through the isocentre; of any length. Given where the primary
    /// angle is 180 degrees and turned along with it: z is the primary axis, x the secondary axis.
    Eigen::Vector3d stereo_axis = Eigen::Vector3d::UnitZ();
    double primary_angle_rad = std::numbers::pi;  ///< of the middle, see CArmAngles
    double secondary_angle_rad = 0.0;             ///< of the middle, see CArmAngles
    double detector_rotation_rad = 0.0;           ///< of both detectors, see CArmAngles
    Eigen::Vector2d pixel_pitch_mm{0.25, 0.25};   ///< along columns and rows
    int width_px = 1024;
    int height_px = 1024;
    /// Where the perpendicular from the source meets the detector, from the detector's centre.
    Eigen::Vector2d principal_offset_px = Eigen::Vector2d::Zero();
    /// The isocentre in the world; readers of CT take the volume's centre where it is not given.
    std::optional<Eigen::Vector3d> isocentre_mm;

    /// Throws Error(usage) for values that no rig can have, among them a stereo axis that lies too
    /// near the mean beam to turn the central rays that far apart.
    void validate() const;
};

/// The two views of a rig in its world. The isocentre is the world's origin unless the
/// specification gives it.
[[nodiscard]] StereoViews make_stereo_rig(const StereoRigSpec& spec);

/// Distance between the two sources.
[[nodiscard]] double baseline_mm(const StereoViews& views);

/// The angle between the two central rays (through the detectors' principal points).
[[nodiscard]] double stereo_angle_rad(const CalibratedView& a, const CalibratedView& b);

/// Reads the keys of a rig (docs/conventions.md, schema rig) from a mapping, and finishes it.
[[nodiscard]] StereoRigSpec read_rig_keys(const YamlMap& map);

/// Reads a rig file, schema stereodrr/rig/v1. Throws Error(invalid_file) with file and line.
[[nodiscard]] StereoRigSpec read_rig(const std::filesystem::path& path);

/// The YAML text of a rig, which read_rig reads back to the same values.
[[nodiscard]] std::string rig_yaml(const StereoRigSpec& spec);

}  // namespace drr
