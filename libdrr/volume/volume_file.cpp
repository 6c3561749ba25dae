#include "volume_file.hpp"

#include "itk_reading.hpp"
#include "limits.hpp"

#include <drr/geometry/decompositions.hpp>

#include <fmt/format.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>
#include <zlib.h>

#include <algorithm>
#include <iostream>
#include <sstream>
#include <string_view>

namespace drr {
namespace {

namespace fs = std::filesystem;

// Any voxel of air is far below, no voxel of soft tissue is.
constexpr float needed_hu = -200.0F;

/// MetaIO reports truncated data on std::cerr and nowhere else. Catches what is written there while
/// it lives.
class CaughtErrorStream {
  public:
    CaughtErrorStream() : before_(std::cerr.rdbuf(text_.rdbuf())) {}
    ~CaughtErrorStream() { std::cerr.rdbuf(before_); }
    CaughtErrorStream(const CaughtErrorStream&) = delete;
    CaughtErrorStream& operator=(const CaughtErrorStream&) = delete;
    [[nodiscard]] std::string text() const { return text_.str(); }

  private:
    std::ostringstream text_;
    std::streambuf* before_;
};

/// Refuses a header that declares more than the limits, or than its file can hold.
void check_declared_size(const itk::ImageIOBase& io, const fs::path& path, double file_bytes,
                         std::size_t max_voxels) {
    double voxels = 1.0;
    for (unsigned d = 0; d < io.GetNumberOfDimensions(); ++d) {
        if (io.GetDimensions(d) < 1)
            throw Error(ErrorCode::invalid_file, "the header declares an empty image",
                        path.string());
        voxels *= static_cast<double>(io.GetDimensions(d));
    }
    if (io.GetNumberOfComponents() != 1)
        throw Error(ErrorCode::unsupported,
                    fmt::format("expected one value a voxel, found {}", io.GetNumberOfComponents()),
                    path.string());
    if (voxels > static_cast<double>(max_voxels))
        throw Error(
            ErrorCode::unsupported,
            fmt::format("the header declares {:.0f} voxels; the limit is {}", voxels, max_voxels),
            path.string());
    if (voxels * io.GetComponentSize() > most_packing * file_bytes)
        throw Error(ErrorCode::invalid_file,
                    fmt::format("the header declares {:.0f} voxels, more than its file of {:.0f} "
                                "bytes can hold",
                                voxels, file_bytes),
                    path.string());
}

bool ends_with(const std::string& name, std::string_view ending) {
    if (name.size() < ending.size()) return false;
    return std::equal(
        ending.begin(), ending.end(), name.end() - static_cast<long>(ending.size()),
        [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

struct Format {
    std::string name;
    itk::ImageIOBase::Pointer io;
    bool detached = false;  ///< the header may stand in a file of its own
};

Format format_of(const fs::path& path) {
    const std::string name = path.filename().string();
    if (ends_with(name, ".nii") || ends_with(name, ".nii.gz"))
        return {"NIfTI", itk::NiftiImageIO::New().GetPointer(), false};
    if (ends_with(name, ".nrrd")) return {"NRRD", itk::NrrdImageIO::New().GetPointer(), false};
    if (ends_with(name, ".nhdr")) return {"NRRD", itk::NrrdImageIO::New().GetPointer(), true};
    if (ends_with(name, ".mha")) return {"MetaImage", itk::MetaImageIO::New().GetPointer(), false};
    if (ends_with(name, ".mhd")) return {"MetaImage", itk::MetaImageIO::New().GetPointer(), true};
    throw Error(ErrorCode::unsupported,
                "expected a folder of DICOM files, or a .nii, .nii.gz, .nrrd, .nhdr, .mha or .mhd "
                "file");
}

/// The bytes that can back a header: its own file, or for a detached header its whole folder.
double bytes_behind(const fs::path& path, bool detached) {
    double bytes = static_cast<double>(fs::file_size(path));
    if (detached)
        for (const auto& entry : fs::directory_iterator(
                 path.parent_path().empty() ? fs::path(".") : path.parent_path()))
            if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size());
    return bytes;
}

/// The nearest orthonormal axes. Throws when they are not at right angles but for rounding.
Eigen::Matrix3d orthonormal(const Eigen::Matrix3d& axes) {
    const Svd3 svd = svd_of(axes);
    if (!axes.allFinite() ||
        (svd.values - Eigen::Vector3d::Ones()).cwiseAbs().maxCoeff() > axis_tolerance)
        throw Error(ErrorCode::unsupported, "the volume's axes are not at right angles");
    return svd.u * svd.v.transpose();
}

/// ITK takes the missing end of a NIfTI file, plain or compressed, for zeros.
void check_complete_nifti(const fs::path& path, std::size_t voxel_bytes) {
    constexpr std::size_t header_bytes = 348;  // NIfTI-1; NIfTI-2 has more
    const gzFile file = gzopen(path.c_str(), "rb");
    if (!file) throw Error(ErrorCode::io, "cannot be opened");
    std::vector<char> block(std::size_t{1} << 20);
    std::size_t total = 0;
    int count = 0;
    while ((count = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0)
        total += static_cast<std::size_t>(count);
    const bool broken = gzclose(file) != Z_OK || count < 0;
    if (broken || total < header_bytes + voxel_bytes)
        throw Error(ErrorCode::invalid_file,
                    fmt::format("is cut off: expected {} bytes of voxels, {} bytes can be read",
                                voxel_bytes, total));
}

CtReadResult read(const fs::path& path, const VolumeReadOptions& options) {
    const Format format = format_of(path);
    itk::ImageIOBase& io = *format.io;
    const CaughtErrorStream complaints;
    io.SetFileName(path.string());
    io.ReadImageInformation();
    check_declared_size(io, path, bytes_behind(path, format.detached), options.max_voxels);
    const unsigned dimensions = io.GetNumberOfDimensions();
    for (unsigned d = 0; d < dimensions; ++d)
        if (dimensions < 3 || (d >= 3 && io.GetDimensions(d) != 1))
            throw Error(ErrorCode::unsupported,
                        fmt::format("expected a volume of 3 dimensions, found {}", dimensions));

    CtReadResult result;
    CtVolume& volume = result.volume;
    for (unsigned d = 0; d < 3; ++d) {
        volume.sizes[d] = static_cast<int>(io.GetDimensions(d));
        volume.spacing_mm[d] = io.GetSpacing(d);
        volume.origin_mm[d] = io.GetOrigin(d);
        for (unsigned row = 0; row < 3; ++row)
            volume.direction(row, d) = io.GetDirection(d)[row];
    }
    if (!(volume.spacing_mm.allFinite() && volume.spacing_mm.minCoeff() > 0.0 &&
          volume.origin_mm.allFinite()))
        throw Error(ErrorCode::invalid_file, "the spacing must be positive and the origin finite");
    volume.direction = orthonormal(volume.direction);
    if (format.name == "NIfTI") check_complete_nifti(path, io.GetImageSizeInBytes());
    volume.hu = read_pixels(io);
    if (!complaints.text().empty())
        throw Error(ErrorCode::invalid_file, first_line(complaints.text()));
    if (volume.hu.size() != volume.voxel_count())
        throw Error(ErrorCode::invalid_file, "the file does not hold all of its voxels");
    const float lowest = *std::min_element(volume.hu.begin(), volume.hu.end());
    if (!options.assume_hu && lowest >= needed_hu)
        throw Error(ErrorCode::unsupported,
                    fmt::format("is not in HU: the lowest voxel is {}, a CT has air below {}",
                                lowest, needed_hu));
    result.source = format.name;
    return result;
}

}  // namespace

CtReadResult read_volume_file(const fs::path& path, const VolumeReadOptions& options) {
    silence_itk();
    return with_itk(path, [&] { return read(path, options); });
}

}  // namespace drr
