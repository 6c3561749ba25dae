#pragma once

#include <drr/geometry/xray_view.hpp>
#include <drr/imaging/grey_window.hpp>

#include <Eigen/Core>

#include <filesystem>
#include <string>

namespace drr {

/// What a DICOM image says besides picture and view.
struct DicomImageOptions {
    /// Texts that name the study and the series within it: equal texts give equal UIDs.
    std::string study = "StereoDRR";
    std::string series = {};
    std::string series_description = {};  ///< up to 64 characters
    int instance_number = 1;
    /// From which DistanceSourceToPatient is measured along the central ray.
    Eigen::Vector3d isocentre_in_world_mm = Eigen::Vector3d::Zero();
    std::string patient_name = {};  ///< e.g. Doe^Jane; empty: unknown
    std::string patient_id = {};
    std::string content_date =
        {};  ///< YYYYMMDD; empty: not said, since the same input gives same bytes
};

/// Writes a radiograph as an X-Ray Angiographic Image (DICOM PS3.3 A.14), atomically: `picture` as
/// to_16_bits(line_integrals, window) gives it, unsigned, MONOCHROME2, explicit little-endian,
/// uncompressed.
///
/// Grey values: PixelIntensityRelationship is LIN for GreyScale::intensity and LOG for
/// GreyScale::log, which then has the Modality LUT to LIN that the standard asks for (and tells
/// viewers not to use for display); PixelIntensityRelationshipSign says whether bright is dense.
///
/// Geometry, for a view whose world is a patient's (LPS): DistanceSourceToDetector,
/// DistanceSourceToPatient, EstimatedRadiographicMagnificationFactor, ImagerPixelSpacing (row
/// spacing first, as DICOM has it), PositionerPrimaryAngle and PositionerSecondaryAngle (of
/// c_arm_angles), PatientOrientation. These cannot say everything, so the private
/// block (0019,10xx) of the creator STEREODRR holds as FD, rows first:
/// - xx01: the 3x4 matrix from world (mm) to pixels, pixel (0, 0) the centre of the first,
/// - xx02: the 3x4 matrix view_from_world (mm),
/// - xx03: the principal point (column, row; px),
/// - xx04: the line integral (LOG) or share of the beam (LIN) at stored values 0 and 65535.
///
/// UIDs are name-based UUIDs (RFC 9562, version 5) under 2.25 (PS3.5 B.2): the instance's of the
/// pixels and all that is said here. No clock is read.
///
/// Throws Error(usage) for sizes that differ, an image above 65535 pixels a side, an isocentre
/// that is not in front of the source, an invalid view or window; Error(io).
void write_xa_image(const std::filesystem::path& path, const Image<std::uint16_t>& picture,
                    const GreyWindow& window, const XrayView& view,
                    const DicomImageOptions& options = {});

}  // namespace drr
