#pragma once

#include <drr/core/image.hpp>
#include <drr/geometry/xray_view.hpp>

#include <Eigen/Core>

#include <filesystem>

namespace drr {

/// Values, such as line integrals, at points of a detector's plane: x along columns, y along rows,
/// mm from the foot of the perpendicular from the source.
struct DetectorImage {
    Image<float> pixels;
    Eigen::Vector2d origin_mm = Eigen::Vector2d::Zero();  ///< centre of pixel (0, 0)
    Eigen::Vector2d spacing_mm = Eigen::Vector2d::Ones();
};

/// An image that was rendered for `view`, with the view's pixel grid. Throws Error(usage) when the
/// sizes differ.
[[nodiscard]] DetectorImage detector_image(Image<float> pixels, const XrayView& view);

/// Writes 32-bit floats, as the extension says, without loss and atomically:
/// - .mha: MetaImage with its data in the same file,
/// - .nrrd: NRRD with raw data in the same file,
/// - .tif, .tiff: uncompressed TIFF, which states neither origin nor spacing.
/// The first two name pixel centres, as we do. Throws Error(usage) for another extension, an empty
/// image or a spacing that is not positive, Error(io) when it cannot be written.
void write_float_image(const std::filesystem::path& path, const DetectorImage& image);

/// Reads what write_float_image writes, and such files of other programs: two dimensions, 32-bit
/// floats, little-endian and uncompressed data in the same file; TIFF as any program packs it. What
/// a file does not state is origin 0 and spacing 1. Throws Error(io) when it cannot be read,
/// Error(unsupported) for another extension or kind of data, Error(invalid_file) when it is
/// malformed or cut off.
[[nodiscard]] DetectorImage read_float_image(const std::filesystem::path& path);

}  // namespace drr
