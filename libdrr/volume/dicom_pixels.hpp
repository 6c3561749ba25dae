#pragma once

#include <filesystem>
#include <vector>

namespace drr {

/// The pixels of a single-frame DICOM file that was found well-formed, decoded where they are
/// compressed, as slope * stored + intercept. Throws Error(invalid_file) when GDCM cannot decode
/// them.
[[nodiscard]] std::vector<float> read_dicom_pixels(const std::filesystem::path& path, double slope,
                                                   double intercept);

}  // namespace drr
