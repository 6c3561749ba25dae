#pragma once

#include <drr/volume/slice_stack.hpp>

#include <Eigen/Core>

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace drr {

/// What one single-frame DICOM file says about its slice.
struct DicomSlice {
    std::filesystem::path path;
    std::string modality;
    std::string series_uid;
    std::string series_number;
    std::string description;
    std::string image_type;    ///< values separated by backslashes
    std::string rescale_type;  ///< the unit after the rescale; empty where none is given
    std::optional<double> slope, intercept;
    /// Pixels between these, stored values, are outside the scanned field.
    std::optional<std::array<double, 2>> padding;
    SliceGrid grid;
    Eigen::Vector3d position_mm = Eigen::Vector3d::Zero();  ///< centre of the first pixel, world
    double thickness_mm = 0.0;
};

/// Reads and checks everything but the pixels. None for a DICOM file that is no image (a DICOMDIR,
/// a report). Throws Error(invalid_file) or Error(unsupported) for what read_slice_hu could not
/// read.
[[nodiscard]] std::optional<DicomSlice> read_dicom_slice(const std::filesystem::path& path,
                                                         std::size_t max_voxels);

/// Why the slice is no CT in HU by its own account; empty when it is one.
[[nodiscard]] std::string why_not_hu(const DicomSlice& slice);

/// The values after the slice's own rescale (none counts as slope 1, intercept 0); padding is air.
[[nodiscard]] std::vector<float> read_slice_hu(const DicomSlice& slice);

}  // namespace drr
