#pragma once

#include <drr/core/log.hpp>
#include <drr/volume/ct_volume.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace drr {

struct VolumeReadOptions {
    /// Take the values for HU although the file says or looks otherwise (see read_ct).
    bool assume_hu = false;
    /// Interpolate slices that are missing from a DICOM series instead of refusing it.
    bool fill_missing = false;
    /// Which series to read from a DICOM folder: a SeriesInstanceUID, or the number in
    /// list_dicom_series, from 1. Empty for the only one that is a CT in HU.
    std::string series;
    /// Files that declare more are refused before anything is allocated; 4 GiB of HU.
    std::size_t max_voxels = std::size_t{1} << 30;
    ProgressSink progress;
};

struct CtReadResult {
    CtVolume volume;
    std::string source;  ///< format and, for DICOM, the series in one line
    /// In-plane shift (along i and j) per length along the slice normal that a tilted gantry left
    /// in the series and that was honoured by resampling; zero for others.
    Eigen::Vector2d shear = Eigen::Vector2d::Zero();
    /// What a user should know: files that were left out, slices that were resampled.
    std::vector<std::string> warnings;
};

/// Reads a CT volume in HU: a folder with DICOM series of single-frame files (of any names;
/// subfolders are not searched), or a NIfTI, NRRD or MetaImage file (.nii .nii.gz .nrrd .nhdr .mha
/// .mhd). The world is LPS; oblique axes are kept.
///
/// DICOM slices are placed by ImagePositionPatient and ImageOrientationPatient alone. A series that
/// shifts sideways from slice to slice (gantry tilt) is resampled linearly within each slice into a
/// rectangular volume, an unevenly spaced one linearly between neighbouring slices (plan_stack),
/// with a warning. Each slice has its own rescale to HU; pixels of its PixelPaddingValue are air.
/// The Modality must be CT and the rescale to HU must be given.
///
/// The other formats do not say what their values are. They are taken for HU when some voxel lies
/// below -200 (any scan with air around or within the object has such voxels; MR, PET, masks,
/// 8-bit images and unsigned data without the offset of 1024 have not). assume_hu skips both
/// checks.
///
/// Throws Error(io) when the path cannot be read, Error(unsupported) for what is valid but not
/// readable here (other formats, several series, missing slices, not in HU, colour, more than 3
/// dimensions, too large), Error(invalid_file) for malformed content, Error(usage) for a series
/// that is not there.
CtReadResult read_ct(const std::filesystem::path& path, const VolumeReadOptions& options = {});

/// Writes a volume as MetaImage (.mha) of 32-bit floats with its place and directions in LPS,
/// atomically; read_ct reads the same values back. Throws Error(usage) for an invalid volume or
/// another extension, Error(io).
void write_ct(const std::filesystem::path& path, const CtVolume& volume);

}  // namespace drr
