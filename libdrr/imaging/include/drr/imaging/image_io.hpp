#pragma once

#include <drr/core/image.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace drr {

/// A grey image as it stood in its file.
struct GreyImage {
    Image<float> pixels;  ///< grey values as stored, 0 to 2^bits - 1
    int bits = 0;         ///< 8 or 16
};

/// One of the images in a file.
struct ImagePage {
    std::filesystem::path path;
    int page = 0;       ///< from 1; 0 where the file holds one image
    int directory = 0;  ///< of the TIFF

    /// The file's name, and the page where it has several.
    [[nodiscard]] std::string name() const;
};

/// The images of a file: the pages of a TIFF (a stack, as of a sequence of frames; reduced copies
/// and masks are no pages), else one. Of a file that cannot be read, or in part, what it should
/// hold: reading tells what is wrong.
[[nodiscard]] std::vector<ImagePage> image_pages(const std::filesystem::path& path);

/// Reads a single-channel PNG, TIFF, BMP, PGM or JPEG of 8 or 16 bits; colour files are taken when
/// their channels are equal. Throws Error(io) when it cannot be read, Error(invalid_file) when it
/// is not such an image, is truncated or holds several.
[[nodiscard]] GreyImage read_grey_image(const std::filesystem::path& path);

/// The same for one of several images. Throws also Error(unsupported) for a stack of ImageJ's in
/// which only the first image is listed.
[[nodiscard]] GreyImage read_grey_image(const ImagePage& page);

/// Writes a PNG or TIFF of 16 or 8 bits, by the extension .png, .tif or .tiff, atomically. Throws
/// Error(usage) for another extension or an image without pixels, Error(io).
void write_grey_image(const std::filesystem::path& path, const Image<std::uint16_t>& image);
void write_grey_image(const std::filesystem::path& path, const Image<std::uint8_t>& image);

/// The bytes of an 8-bit PNG, for embedding in a page.
[[nodiscard]] std::string encode_png(const Image<std::uint8_t>& image);

/// Grey values mapped linearly from [low, high] to 0..255 and clipped; low > high inverts.
[[nodiscard]] Image<std::uint8_t> to_8_bits(const Image<float>& image, float low, float high);

}  // namespace drr
