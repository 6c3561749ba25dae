#pragma once

#include <Eigen/Core>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace test {

/// What a test says about one CT slice.
struct DicomSlice {
    std::string modality = "CT";
    std::string series_uid = "1.2.3.4";
    int columns = 0;
    int rows = 0;
    Eigen::Vector2d spacing_mm = Eigen::Vector2d::Ones();  ///< along a row, along a column
    Eigen::Vector3d i_axis = Eigen::Vector3d::UnitX();
    Eigen::Vector3d j_axis = Eigen::Vector3d::UnitY();
    Eigen::Vector3d position_mm = Eigen::Vector3d::Zero();
    double slope = 1.0;
    double intercept = -1024.0;
    std::vector<std::int16_t> stored;  ///< values before the rescale
};

/// Writes a minimal explicit little-endian DICOM file.
void write_dicom(const std::filesystem::path& path, const DicomSlice& slice);

}  // namespace test
