#include "dicom_slice.hpp"

#include "dicom_header.hpp"
#include "dicom_pixels.hpp"
#include "limits.hpp"

#include <drr/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace drr {
namespace {

// Tags of DICOM PS3.6.
constexpr std::uint32_t image_type_tag = 0x00080008;
constexpr std::uint32_t modality_tag = 0x00080060;
constexpr std::uint32_t series_description_tag = 0x0008103E;
constexpr std::uint32_t slice_thickness_tag = 0x00180050;
constexpr std::uint32_t series_uid_tag = 0x0020000E;
constexpr std::uint32_t series_number_tag = 0x00200011;
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
constexpr std::uint32_t signed_tag = 0x00280103;
constexpr std::uint32_t padding_tag = 0x00280120;
constexpr std::uint32_t padding_limit_tag = 0x00280121;
constexpr std::uint32_t intercept_tag = 0x00281052;
constexpr std::uint32_t slope_tag = 0x00281053;
constexpr std::uint32_t rescale_type_tag = 0x00281054;

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

std::optional<double> optional_number(const DicomHeader& header, std::uint32_t tag,
                                      const char* name) {
    if (header.text(tag).empty()) return std::nullopt;
    return header.numbers(tag, name, 1)[0];
}

std::optional<std::array<double, 2>> padding_of(const DicomHeader& header) {
    if (!header.elements.contains(padding_tag)) return std::nullopt;
    // Both have the sign of the pixels (PS3.3 C.7.5.1.1.2).
    const bool is_signed = header.elements.contains(signed_tag) &&
                           header.short_value(signed_tag, "PixelRepresentation") == 1;
    const auto value = [&](std::uint32_t tag, const char* name) {
        const int bits = header.short_value(tag, name);
        return static_cast<double>(is_signed ? static_cast<std::int16_t>(bits) : bits);
    };
    const double one = value(padding_tag, "PixelPaddingValue");
    const double other = header.elements.contains(padding_limit_tag)
                             ? value(padding_limit_tag, "PixelPaddingRangeLimit")
                             : one;
    return std::array<double, 2>{std::min(one, other), std::max(one, other)};
}

}  // namespace

std::optional<DicomSlice> read_dicom_slice(const std::filesystem::path& path,
                                           std::size_t max_voxels) {
    const DicomHeader header = read_dicom_header(path);
    if (header.pixel_bytes == 0 && !header.elements.contains(columns_tag)) return std::nullopt;
    DicomSlice slice;
    slice.path = path;
    slice.modality = header.text(modality_tag);
    slice.series_uid = header.text(series_uid_tag);
    slice.series_number = header.text(series_number_tag);
    slice.description = header.text(series_description_tag);
    slice.image_type = header.text(image_type_tag);
    slice.rescale_type = header.text(rescale_type_tag);
    slice.slope = optional_number(header, slope_tag, "RescaleSlope");
    slice.intercept = optional_number(header, intercept_tag, "RescaleIntercept");
    if (slice.slope == 0.0) throw Error(ErrorCode::invalid_file, "RescaleSlope must not be 0");
    slice.padding = padding_of(header);
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
    slice.thickness_mm =
        optional_number(header, slice_thickness_tag, "SliceThickness").value_or(0.0);
    return slice;
}

std::string why_not_hu(const DicomSlice& slice) {
    if (slice.modality != "CT")
        return fmt::format("expected Modality CT, found '{}'", slice.modality);
    if (slice.image_type.find("LOCALIZER") != std::string::npos)
        return "it is a localizer, a projection";
    if (!slice.slope || !slice.intercept)
        return "expected a rescale slope and intercept, found none";
    if (!slice.rescale_type.empty() && slice.rescale_type != "HU")
        return fmt::format("expected RescaleType HU, found '{}'", slice.rescale_type);
    return {};
}

std::vector<float> read_slice_hu(const DicomSlice& slice) {
    const double slope = slice.slope.value_or(1.0);
    const double intercept = slice.intercept.value_or(0.0);
    std::vector<float> hu = read_dicom_pixels(slice.path, slope, intercept);
    if (slice.padding) {
        // Half a stored step on either side, so that rounding does not matter.
        const double a = slope * ((*slice.padding)[0] - 0.5) + intercept;
        const double b = slope * ((*slice.padding)[1] + 0.5) + intercept;
        const auto low = static_cast<float>(std::min(a, b));
        const auto high = static_cast<float>(std::max(a, b));
        constexpr float air_hu = -1000.0F;
        std::replace_if(
            hu.begin(), hu.end(), [&](float v) { return v > low && v < high; }, air_hu);
    }
    return hu;
}

}  // namespace drr
