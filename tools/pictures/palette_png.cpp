#include "pictures/palette_png.hpp"

#include <drr/core/error.hpp>

#include <zlib.h>

#include <map>
#include <string_view>
#include <unordered_map>

namespace tools {
namespace {

using Pixel = std::array<std::uint8_t, 3>;

struct Indexed {
    std::vector<std::uint8_t> indices;
    std::vector<Pixel> palette;
};

std::uint32_t packed(const Pixel& pixel) {
    return (std::uint32_t{pixel[0]} << 16U) | (std::uint32_t{pixel[1]} << 8U) | pixel[2];
}

/// Puts colours that agree in their upper bits into one, with as many bits as leave 256 colours.
Indexed indexed(const std::vector<Pixel>& pixels) {
    struct Colour {
        Pixel pixel{};
        std::uint64_t count = 0;
        std::uint8_t index = 0;
    };
    struct Bin {
        std::array<std::uint64_t, 3> total{};
        std::uint64_t count = 0;
        std::vector<Colour*> colours;
    };
    std::unordered_map<std::uint32_t, Colour> colours;
    for (const Pixel& pixel : pixels) {
        Colour& colour = colours[packed(pixel)];
        colour.pixel = pixel;
        ++colour.count;
    }
    // In order of the colours, so that the file does not depend on how they are hashed.
    std::map<Pixel, Bin> bins;
    for (unsigned dropped = 0;; ++dropped) {
        constexpr std::size_t most = 256;
        bins.clear();
        for (auto& [key, colour] : colours) {
            Pixel upper{};
            for (std::size_t c = 0; c < 3; ++c)
                upper[c] = static_cast<std::uint8_t>(colour.pixel[c] >> dropped);
            Bin& bin = bins[upper];
            for (std::size_t c = 0; c < 3; ++c)
                bin.total[c] += colour.count * colour.pixel[c];
            bin.count += colour.count;
            bin.colours.push_back(&colour);
        }
        if (bins.size() <= most) break;
    }
    Indexed result;
    for (const auto& [upper, bin] : bins) {
        for (Colour* colour : bin.colours)
            colour->index = static_cast<std::uint8_t>(result.palette.size());
        Pixel& mean = result.palette.emplace_back();
        for (std::size_t c = 0; c < 3; ++c)
            mean[c] = static_cast<std::uint8_t>((bin.total[c] + bin.count / 2) / bin.count);
    }
    result.indices.reserve(pixels.size());
    for (const Pixel& pixel : pixels)
        result.indices.push_back(colours.at(packed(pixel)).index);
    return result;
}

void append_number(std::string& bytes, std::uint32_t number) {
    for (const int shift : {24, 16, 8, 0})
        bytes += static_cast<char>(static_cast<unsigned char>(number >> shift));
}

void append_chunk(std::string& bytes, std::string_view type, const std::string& data) {
    append_number(bytes, static_cast<std::uint32_t>(data.size()));
    const std::string content = std::string(type) + data;
    bytes += content;
    append_number(
        bytes, static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(content.data()),
                                                static_cast<uInt>(content.size()))));
}

std::string deflated(const std::string& data) {
    uLongf size = compressBound(data.size());
    std::string result(size, '\0');
    if (compress2(reinterpret_cast<Bytef*>(result.data()), &size,
                  reinterpret_cast<const Bytef*>(data.data()), data.size(),
                  Z_BEST_COMPRESSION) != Z_OK)
        throw drr::Error(drr::ErrorCode::internal, "zlib cannot compress a picture");
    result.resize(size);
    return result;
}

}  // namespace

std::string palette_png(int width_px, int height_px, const std::vector<Pixel>& pixels) {
    drr::require(width_px > 0 && height_px > 0 &&
                     pixels.size() ==
                         static_cast<std::size_t>(width_px) * static_cast<std::size_t>(height_px),
                 "a picture has width times height pixels and at least one");
    const Indexed picture = indexed(pixels);
    std::string header;
    append_number(header, static_cast<std::uint32_t>(width_px));
    append_number(header, static_cast<std::uint32_t>(height_px));
    header += std::string{8, 3, 0, 0, 0};  // bits, by palette, deflate, filters, not interlaced
    std::string palette;
    for (const Pixel& colour : picture.palette)
        palette.append(colour.begin(), colour.end());
    std::string rows;
    const auto width = static_cast<std::size_t>(width_px);
    for (std::size_t at = 0; at < picture.indices.size(); at += width) {
        rows += '\0';  // no filter: neighbouring indices are not alike
        rows.append(picture.indices.begin() + static_cast<std::ptrdiff_t>(at),
                    picture.indices.begin() + static_cast<std::ptrdiff_t>(at + width));
    }
    std::string bytes = "\x89PNG\r\n\x1a\n";
    append_chunk(bytes, "IHDR", header);
    append_chunk(bytes, "PLTE", palette);
    append_chunk(bytes, "IDAT", deflated(rows));
    append_chunk(bytes, "IEND", "");
    return bytes;
}

}  // namespace tools
