#pragma once

#include <Eigen/Core>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace test {

/// What a test says about one CT slice.
struct DicomSlice {
    std::string modality = "CT";
    std::string series_uid = "1.2.3.4";
    std::string series_number;
    std::string description;
    std::string image_type = "ORIGINAL\\PRIMARY\\AXIAL";
    int columns = 0;
    int rows = 0;
    Eigen::Vector2d spacing_mm = Eigen::Vector2d::Ones();  ///< along a row, along a column
    Eigen::Vector3d i_axis = Eigen::Vector3d::UnitX();
    Eigen::Vector3d j_axis = Eigen::Vector3d::UnitY();
    Eigen::Vector3d position_mm = Eigen::Vector3d::Zero();
    bool has_rescale = true;
    double slope = 1.0;
    double intercept = -1024.0;
    std::string rescale_type;                   ///< no element when empty
    bool is_signed = true;                      ///< PixelRepresentation
    std::optional<std::int16_t> padding;        ///< PixelPaddingValue, the bits of it
    std::optional<std::int16_t> padding_limit;  ///< PixelPaddingRangeLimit
    std::vector<std::int16_t> stored;           ///< values before the rescale, the bits of them
};

/// Writes a minimal explicit little-endian DICOM file.
void write_dicom(const std::filesystem::path& path, const DicomSlice& slice);

}  // namespace test
