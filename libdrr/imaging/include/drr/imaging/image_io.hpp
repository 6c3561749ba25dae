#pragma once

#include <drr/core/image.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace drr {

/// A grey image as it stood in its file.
struct GreyImage {
    Image<float> pixels;  ///< grey values as stored, 0 to 2^bits - 1
    int bits = 0;         ///< 8 or 16
};

/// Reads a single-channel PNG, TIFF, BMP, PGM or JPEG of 8 or 16 bits; colour files are taken when
/// their channels are equal. Throws Error(io) when it cannot be read, Error(invalid_file) when it
/// is not such an image or is truncated.
[[nodiscard]] GreyImage read_grey_image(const std::filesystem::path& path);

/// Writes a PNG or TIFF of 16 or 8 bits, by the extension .png, .tif or .tiff, atomically. Throws
/// Error(usage) for another extension or an image without pixels, Error(io).
void write_grey_image(const std::filesystem::path& path, const Image<std::uint16_t>& image);
void write_grey_image(const std::filesystem::path& path, const Image<std::uint8_t>& image);

/// The bytes of an 8-bit PNG, for embedding in a page.
[[nodiscard]] std::string encode_png(const Image<std::uint8_t>& image);

/// Grey values mapped linearly from [low, high] to 0..255 and clipped; low > high inverts.
[[nodiscard]] Image<std::uint8_t> to_8_bits(const Image<float>& image, float low, float high);

}  // namespace drr
