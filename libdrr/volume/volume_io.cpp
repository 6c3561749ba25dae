#include "dicom_header.hpp"

#include <drr/core/error.hpp>
#include <drr/volume/slice_stack.hpp>
#include <drr/volume/volume_io.hpp>

// ITK brings an older Eigen of its own under the same include guards. Its templates compile as well
// with ours, so its header that chooses is answered before it is read.
#define itk_eigen_h
#define ITK_EIGEN(header) <Eigen/header>

#include <Eigen/SVD>
#include <fmt/format.h>
#include <gdcmTrace.h>
#include <itkGDCMImageIO.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>

namespace drr {
namespace {

namespace fs = std::filesystem;

// A file cannot hold more than this many times its size: deflate packs at most 1032:1 and no CT
// comes near it. What declares more is lying, and nothing is allocated for it.
constexpr double most_packing = 1100.0;

// Any voxel of air is far below, no voxel of soft tissue is.
constexpr float needed_hu = -200.0F;

// Rounding of single-precision direction cosines (NIfTI) stays far below this.
constexpr double axis_tolerance = 1e-3;

std::string first_line(const std::string& text) {
    std::string line = text.substr(0, text.find('\n'));
    // ITK begins its messages with the place in its own sources.
    const auto end_of_place = line.find("): ");
    if (line.find(".cxx:") != std::string::npos || line.find(".hxx:") != std::string::npos)
        return text.find('\n') == std::string::npos ? std::string("ITK cannot read it")
                                                    : first_line(text.substr(text.find('\n') + 1));
    return end_of_place == std::string::npos ? line : line.substr(end_of_place + 3);
}

/// Runs ITK code on a file and turns whatever it throws into an Error that names the file.
template <class Body>
auto with_itk(const fs::path& path, const Body& body) {
    try {
        return body();
    } catch (const Error&) {
        throw;
    } catch (const itk::ExceptionObject& error) {
        throw Error(ErrorCode::invalid_file, first_line(error.GetDescription()), path.string());
    } catch (const std::exception& error) {  // GDCM, NRRD, or memory for what a header declares
        throw Error(ErrorCode::invalid_file, first_line(error.what()), path.string());
    }
}

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

template <class T>
void append_as_float(const std::vector<char>& bytes, std::vector<float>& values) {
    const std::size_t count = bytes.size() / sizeof(T);
    const auto* typed = reinterpret_cast<const T*>(bytes.data());
    values.assign(typed, typed + count);
}

/// All pixels of an ImageIO whose header was read and checked, as floats.
std::vector<float> read_pixels(itk::ImageIOBase& io) {
    itk::ImageIORegion region(io.GetNumberOfDimensions());
    for (unsigned d = 0; d < io.GetNumberOfDimensions(); ++d)
        region.SetSize(d, io.GetDimensions(d));
    io.SetIORegion(region);
    std::vector<char> bytes(static_cast<std::size_t>(io.GetImageSizeInBytes()));
    io.Read(bytes.data());
    std::vector<float> values;
    using Type = itk::IOComponentEnum;
    switch (io.GetComponentType()) {
        case Type::UCHAR:
            append_as_float<unsigned char>(bytes, values);
            break;
        case Type::CHAR:
            append_as_float<signed char>(bytes, values);
            break;
        case Type::USHORT:
            append_as_float<unsigned short>(bytes, values);
            break;
        case Type::SHORT:
            append_as_float<short>(bytes, values);
            break;
        case Type::UINT:
            append_as_float<unsigned int>(bytes, values);
            break;
        case Type::INT:
            append_as_float<int>(bytes, values);
            break;
        case Type::ULONG:
            append_as_float<unsigned long>(bytes, values);
            break;
        case Type::LONG:
            append_as_float<long>(bytes, values);
            break;
        case Type::ULONGLONG:
            append_as_float<unsigned long long>(bytes, values);
            break;
        case Type::LONGLONG:
            append_as_float<long long>(bytes, values);
            break;
        case Type::FLOAT:
            append_as_float<float>(bytes, values);
            break;
        case Type::DOUBLE:
            append_as_float<double>(bytes, values);
            break;
        default:
            throw Error(ErrorCode::unsupported, "expected voxels that are plain numbers");
    }
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); }))
        throw Error(ErrorCode::invalid_file, "a voxel is NaN or infinite: expected numbers");
    return values;
}

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

// ---- DICOM ----------------------------------------------------------------------------------

struct Slice {
    fs::path path;
    std::string modality;
    std::string series_uid;
    std::string description;
    bool has_rescale = false;
    SliceGrid grid;
    Eigen::Vector3d position_mm = Eigen::Vector3d::Zero();
    double thickness_mm = 0.0;
};

// Tags of DICOM PS3.6.
constexpr std::uint32_t modality_tag = 0x00080060;
constexpr std::uint32_t series_description_tag = 0x0008103E;
constexpr std::uint32_t slice_thickness_tag = 0x00180050;
constexpr std::uint32_t series_uid_tag = 0x0020000E;
constexpr std::uint32_t position_tag = 0x00200032;
constexpr std::uint32_t orientation_tag = 0x00200037;
constexpr std::uint32_t samples_tag = 0x00280002;
constexpr std::uint32_t frames_tag = 0x00280008;
constexpr std::uint32_t rows_tag = 0x00280010;
constexpr std::uint32_t columns_tag = 0x00280011;
constexpr std::uint32_t pixel_spacing_tag = 0x00280030;
constexpr std::uint32_t bits_allocated_tag = 0x00280100;
constexpr std::uint32_t bits_stored_tag = 0x00280101;
constexpr std::uint32_t high_bit_tag = 0x00280102;
constexpr std::uint32_t intercept_tag = 0x00281052;
constexpr std::uint32_t slope_tag = 0x00281053;

/// Refuses pixels that GDCM should not be asked to decode.
void check_pixels(const DicomHeader& header, int columns, int rows, std::size_t max_voxels) {
    if (header.short_value(samples_tag, "SamplesPerPixel") != 1)
        throw Error(ErrorCode::unsupported, "expected grey values, found colour");
    if (const std::string frames = header.text(frames_tag); !frames.empty() && frames != "1")
        throw Error(ErrorCode::unsupported,
                    fmt::format("holds '{:.20}' frames: expected one slice a file", frames));
    const int bits = header.short_value(bits_allocated_tag, "BitsAllocated");
    const int stored = header.short_value(bits_stored_tag, "BitsStored");
    if ((bits != 8 && bits != 16 && bits != 32) || stored < 1 || stored > bits ||
        header.short_value(high_bit_tag, "HighBit") != stored - 1)
        throw Error(ErrorCode::unsupported,
                    fmt::format("expected the low bits of 8, 16 or 32 a pixel, found {} of {} with "
                                "HighBit {}",
                                stored, bits, header.short_value(high_bit_tag, "HighBit")));
    const double voxels = static_cast<double>(columns) * rows;
    const double bytes = voxels * bits / 8;
    const auto held = static_cast<double>(header.pixel_bytes);
    if (voxels < 1.0 || voxels > static_cast<double>(max_voxels) ||
        (header.compressed ? bytes > most_packing * held : held < bytes))
        throw Error(ErrorCode::invalid_file,
                    fmt::format("declares {} x {} pixels of {} bits and holds {:.0f} bytes of them",
                                columns, rows, bits, held));
}

/// None for a DICOM file that is no image (a DICOMDIR, a report).
std::optional<Slice> read_slice_header(const fs::path& path, std::size_t max_voxels) {
    const DicomHeader header = read_dicom_header(path);
    if (header.pixel_bytes == 0 && !header.elements.contains(columns_tag)) return std::nullopt;
    Slice slice;
    slice.path = path;
    slice.modality = header.text(modality_tag);
    slice.series_uid = header.text(series_uid_tag);
    slice.description = header.text(series_description_tag);
    slice.has_rescale = !header.text(intercept_tag).empty() && !header.text(slope_tag).empty();
    slice.grid.columns = header.short_value(columns_tag, "Columns");
    slice.grid.rows = header.short_value(rows_tag, "Rows");
    check_pixels(header, slice.grid.columns, slice.grid.rows, max_voxels);
    const auto spacing = header.numbers(pixel_spacing_tag, "PixelSpacing", 2);
    slice.grid.spacing_mm = {spacing[1], spacing[0]};  // DICOM gives the one between rows first
    const auto axes = header.numbers(orientation_tag, "ImageOrientationPatient", 6);
    slice.grid.i_axis = {axes[0], axes[1], axes[2]};
    slice.grid.j_axis = {axes[3], axes[4], axes[5]};
    const auto position = header.numbers(position_tag, "ImagePositionPatient", 3);
    slice.position_mm = {position[0], position[1], position[2]};
    if (!header.text(slice_thickness_tag).empty())
        slice.thickness_mm = header.numbers(slice_thickness_tag, "SliceThickness", 1)[0];
    return slice;
}

std::vector<float> read_slice_pixels(const fs::path& path) {
    const auto io = itk::GDCMImageIO::New();
    io->SetFileName(path.string());
    io->ReadImageInformation();
    return read_pixels(*io);
}

bool same_grid(const SliceGrid& a, const SliceGrid& b) {
    return a.columns == b.columns && a.rows == b.rows &&
           (a.spacing_mm - b.spacing_mm).norm() < axis_tolerance &&
           (a.i_axis - b.i_axis).norm() < axis_tolerance &&
           (a.j_axis - b.j_axis).norm() < axis_tolerance;
}

/// The one series to read; names all of them when that is not clear.
std::vector<Slice> choose_series(std::map<std::string, std::vector<Slice>>& by_series,
                                 const std::string& wanted) {
    if (!wanted.empty()) {
        const auto found = by_series.find(wanted);
        if (found != by_series.end()) return std::move(found->second);
    } else if (by_series.size() == 1) {
        return std::move(by_series.begin()->second);
    }
    std::string list;
    constexpr std::size_t most_named = 10;  // a message, not a catalogue
    std::size_t named = 0;
    for (const auto& [uid, slices] : by_series) {
        if (++named > most_named) break;
        list += fmt::format("{} {} ({}, '{}', {} slices)", named > 1 ? ";" : "", uid,
                            slices[0].modality, slices[0].description, slices.size());
    }
    throw Error(
        wanted.empty() ? ErrorCode::unsupported : ErrorCode::usage,
        (wanted.empty() ? fmt::format("holds {} series; name one by its UID:", by_series.size())
                        : fmt::format("holds no series '{}'; there are:", wanted)) +
            list);
}

CtReadResult read_dicom_folder(const fs::path& folder, const VolumeReadOptions& options) {
    CtReadResult result;
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.is_regular_file() && is_dicom(entry.path())) paths.push_back(entry.path());
    // The folder's own order differs between machines.
    std::sort(paths.begin(), paths.end());

    std::map<std::string, std::vector<Slice>> by_series;
    std::string first_reason;
    std::size_t left_out = 0;
    for (std::size_t n = 0; n < paths.size(); ++n) {
        try {
            if (const auto slice = read_slice_header(paths[n], options.max_voxels))
                by_series[slice->series_uid].push_back(*slice);
        } catch (const Error& error) {
            if (++left_out == 1)
                first_reason = fmt::format("{}: {}", paths[n].filename().string(), error.message());
        }
        if (options.progress) options.progress("reading headers", n + 1, paths.size());
    }
    if (by_series.empty())
        throw Error(ErrorCode::invalid_file,
                    left_out ? fmt::format("holds no readable DICOM slice ({})", first_reason)
                             : std::string("holds no DICOM file (with the mark DICM)"));
    if (left_out)
        result.warnings.push_back(fmt::format("{} DICOM file{} left out ({})", left_out,
                                              left_out == 1 ? "" : "s", first_reason));

    const std::vector<Slice> slices = choose_series(by_series, options.series_uid);
    std::vector<Eigen::Vector3d> positions;
    for (const Slice& slice : slices) {
        if (!options.assume_hu && (slice.modality != "CT" || !slice.has_rescale))
            throw Error(ErrorCode::unsupported,
                        fmt::format("is not in HU: expected Modality CT with rescale slope and "
                                    "intercept, found '{}' {} rescale",
                                    slice.modality, slice.has_rescale ? "with" : "without"),
                        slice.path.string());
        if (!same_grid(slice.grid, slices[0].grid))
            throw Error(ErrorCode::unsupported,
                        fmt::format("differs in size, spacing or orientation from {}: expected one "
                                    "stack of parallel slices",
                                    slices[0].path.filename().string()),
                        slice.path.string());
        positions.push_back(slice.position_mm);
    }
    SliceStack stack =
        plan_stack(slices[0].grid, positions, slices[0].thickness_mm, options.max_voxels);
    for (std::size_t k = 0; k < slices.size(); ++k) {
        const fs::path& path = slices[stack.order[k]].path;
        with_itk(path, [&] {
            place_slice(stack, static_cast<int>(k), slices[0].grid, read_slice_pixels(path));
        });
        if (options.progress) options.progress("reading slices", k + 1, slices.size());
    }
    result.volume = std::move(stack.volume);
    result.shear = stack.shear;
    result.source = fmt::format("DICOM series {} '{}', {} slices", slices[0].series_uid,
                                slices[0].description, slices.size());
    return result;
}

// ---- single files ---------------------------------------------------------------------------

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
    const Eigen::JacobiSVD<Eigen::Matrix3d> svd(axes, Eigen::ComputeFullU | Eigen::ComputeFullV);
    if (!axes.allFinite() ||
        (svd.singularValues() - Eigen::Vector3d::Ones()).cwiseAbs().maxCoeff() > axis_tolerance)
        throw Error(ErrorCode::unsupported, "the volume's axes are not at right angles");
    return svd.matrixU() * svd.matrixV().transpose();
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

CtReadResult read_single_file(const fs::path& path, const VolumeReadOptions& options) {
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

/// ITK and GDCM would write their warnings to the process's standard error.
void silence_itk() {
    itk::Object::GlobalWarningDisplayOff();
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
    gdcm::Trace::DebugOff();
}

}  // namespace

CtReadResult read_ct(const fs::path& path, const VolumeReadOptions& options) {
    silence_itk();
    std::error_code ignored;
    const fs::file_status status = fs::status(path, ignored);
    if (!fs::exists(status)) throw Error(ErrorCode::io, "no such file or folder", path.string());
    try {
        return with_itk(path, [&] {
            return fs::is_directory(status) ? read_dicom_folder(path, options)
                                            : read_single_file(path, options);
        });
    } catch (const Error& error) {
        if (error.context().empty()) throw Error(error.code(), error.message(), path.string());
        throw;
    }
}

}  // namespace drr
