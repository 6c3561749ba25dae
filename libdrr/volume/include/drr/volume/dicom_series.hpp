#pragma once

#include <drr/volume/slice_stack.hpp>
#include <drr/volume/volume_io.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace drr {

/// One stack of parallel slices of the same size among the DICOM files of a folder. A series (one
/// SeriesInstanceUID) whose slices differ in size, pixel spacing or orientation counts as several.
struct DicomSeries {
    std::string uid;            ///< SeriesInstanceUID
    std::string series_number;  ///< as the scanner numbered it; may be empty
    std::string modality;
    std::string description;
    SliceGrid grid;
    StackGeometry stack;
    std::vector<std::filesystem::path> paths;  ///< in the order of the stack
    double thickness_mm = 0.0;                 ///< of a slice; 0 where it is not given
    std::string not_hu;  ///< why it is no CT in HU by its own account; empty when it is
};

struct DicomFolder {
    /// By series number, then UID, then the number of slices (most first): users name them by
    /// their place in this list, from 1, or by UID.
    std::vector<DicomSeries> series;
    std::vector<std::string> left_out;  ///< "file: reason" of DICOM files that cannot be read
};

/// Lists the series of a folder from the headers of its single-frame files (of any names;
/// subfolders are not searched). Files that are not DICOM or hold no image are passed over. Throws
/// Error(io) when the folder cannot be read.
[[nodiscard]] DicomFolder list_dicom_series(const std::filesystem::path& folder,
                                            const VolumeReadOptions& options = {});

/// Why read_ct would not take a series under these options, by the headers; empty when it would.
[[nodiscard]] std::string why_unreadable(const DicomSeries& series,
                                         const VolumeReadOptions& options = {});

}  // namespace drr
