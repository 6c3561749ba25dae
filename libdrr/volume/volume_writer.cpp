#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/volume/volume_io.hpp>

#include <fmt/format.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace drr {
namespace {

static_assert(std::endian::native == std::endian::little, "floats are written as they lie");

// The rows of TransformMatrix are the world directions of the axes i, j, k.
std::string header(const CtVolume& volume) {
    std::string matrix;
    for (int axis = 0; axis < 3; ++axis)
        for (int row = 0; row < 3; ++row)
            matrix += fmt::format(" {}", volume.direction(row, axis));
    return fmt::format(
        "ObjectType = Image\nNDims = 3\nComment = HU; LPS, mm\nBinaryData = True\n"
        "BinaryDataByteOrderMSB = False\nCompressedData = False\nTransformMatrix ={}\n"
        "Offset = {} {} {}\nCenterOfRotation = 0 0 0\nAnatomicalOrientation = RAI\n"
        "ElementSpacing = {} {} {}\nDimSize = {} {} {}\nElementType = MET_FLOAT\n"
        "ElementDataFile = LOCAL\n",
        matrix, volume.origin_mm.x(), volume.origin_mm.y(), volume.origin_mm.z(),
        volume.spacing_mm.x(), volume.spacing_mm.y(), volume.spacing_mm.z(), volume.sizes[0],
        volume.sizes[1], volume.sizes[2]);
}

}  // namespace

void write_ct(const std::filesystem::path& path, const CtVolume& volume) {
    volume.validate();
    if (path.extension() != ".mha")
        throw Error(ErrorCode::usage, "a volume is written as MetaImage, extension .mha",
                    path.string());
    write_file_with(path, [&](const std::filesystem::path& temporary) {
        std::ofstream stream(temporary, std::ios::binary | std::ios::trunc);
        stream << header(volume);
        stream.write(reinterpret_cast<const char*>(volume.hu.data()),
                     static_cast<std::streamsize>(volume.hu.size() * sizeof(float)));
        stream.close();
        if (!stream)
            throw Error(ErrorCode::io, std::string("cannot be written: ") + std::strerror(errno),
                        path.string());
    });
}

}  // namespace drr
