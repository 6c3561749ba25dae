#pragma once

#include <drr/volume/volume_io.hpp>

#include <filesystem>

namespace drr {

/// Reads a series of a folder of DICOM files; see read_ct.
[[nodiscard]] CtReadResult read_dicom_folder(const std::filesystem::path& folder,
                                             const VolumeReadOptions& options);

}  // namespace drr
