#pragma once

#include <drr/volume/volume_io.hpp>

#include <filesystem>

namespace drr {

/// Reads a NIfTI, NRRD or MetaImage file; see read_ct.
[[nodiscard]] CtReadResult read_volume_file(const std::filesystem::path& path,
                                            const VolumeReadOptions& options);

}  // namespace drr
