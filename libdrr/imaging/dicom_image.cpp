#include <drr/core/degree.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/version.hpp>
#include <drr/geometry/c_arm.hpp>
#include <drr/imaging/dicom_image.hpp>

#include <fmt/format.h>
#include <gdcmExplicitDataElement.h>
#include <gdcmSHA1.h>
#include <gdcmSequenceOfItems.h>
#include <gdcmSwapper.h>
#include <gdcmWriter.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <sstream>
#include <string_view>
#include <vector>

namespace drr {
namespace {

using gdcm::Tag;
using gdcm::VR;

static_assert(std::endian::native == std::endian::little, "values are written as they lie");

constexpr const char* xa_image_storage = "1.2.840.10008.5.1.4.1.1.12.1";
constexpr int full_scale = 65535;

/// Inserts an element, padded to an even length as its representation has it.
void add(gdcm::DataSet& data, const Tag& tag, VR::VRType representation, std::string value) {
    if (value.size() % 2 != 0) value += representation == VR::UI ? '\0' : ' ';
    gdcm::DataElement element(tag);
    element.SetVR(representation);
    element.SetByteValue(value.data(), static_cast<std::uint32_t>(value.size()));
    data.Insert(element);
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
    std::string bytes(values.size() * sizeof(T), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

std::string us(std::initializer_list<int> values) {
    return bytes_of(std::vector<std::uint16_t>(values.begin(), values.end()));
}

/// Decimal strings have at most 16 characters each.
std::string ds(std::initializer_list<double> values) {
    return fmt::format("{:.10g}", fmt::join(values, "\\"));
}

/// Rounded to what means something: -1e-15 degrees does not.
double degrees(double angle_rad) {
    constexpr double step_deg = 1e-9;
    return std::round(angle_rad / degree / step_deg) * step_deg + 0.0;  // not -0
}

template <class Matrix>
std::string fd(const Matrix& matrix) {
    std::vector<double> values;
    for (Eigen::Index row = 0; row < matrix.rows(); ++row)
        for (Eigen::Index column = 0; column < matrix.cols(); ++column)
            values.push_back(matrix(row, column));
    return bytes_of(values);
}

/// A name-based UUID (version 5) as a decimal number under 2.25.
std::string uid(std::string_view name) {
    // The UUID 97a24d54-3fc3-4436-90c5-57e44999e99f, which names StereoDRR's own names.
    std::string text("\x97\xa2\x4d\x54\x3f\xc3\x44\x36\x90\xc5\x57\xe4\x49\x99\xe9\x9f", 16);
    text += name;
    std::array<char, 41> hexadecimal{};
    if (!gdcm::SHA1::Compute(text.data(), text.size(), hexadecimal.data()))
        throw Error(ErrorCode::internal, "GDCM was built without SHA-1");
    std::array<unsigned, 16> uuid{};
    for (std::size_t n = 0; n < uuid.size(); ++n)
        uuid[n] =
            static_cast<unsigned>(std::stoul(std::string(&hexadecimal[2 * n], 2), nullptr, 16));
    uuid[6] = (uuid[6] & 0x0F) | 0x50;
    uuid[8] = (uuid[8] & 0x3F) | 0x80;

    std::string decimal;
    while (std::any_of(uuid.begin(), uuid.end(), [](unsigned digit) { return digit != 0; })) {
        unsigned remainder = 0;
        for (unsigned& digit : uuid) {
            const unsigned value = 256 * remainder + digit;
            digit = value / 10;
            remainder = value % 10;
        }
        decimal.insert(decimal.begin(), static_cast<char>('0' + remainder));
    }
    return "2.25." + decimal;
}

/// The patient's side to which a direction points most nearly.
char patient_side(const Eigen::Vector3d& direction_lps) {
    Eigen::Index axis = 0;
    direction_lps.cwiseAbs().maxCoeff(&axis);
    return (direction_lps[axis] > 0.0 ? "LPH" : "RAF")[axis];
}

/// From stored values of a logarithmic picture to values linear in the intensity, 65535 at the
/// window's brightest beam.
gdcm::DataElement lut_to_linear(const GreyWindow& window) {
    std::vector<std::uint16_t> table(full_scale + 1);
    for (int stored = 0; stored <= full_scale; ++stored) {
        const double line_integral = window.line_integral(static_cast<double>(stored) / full_scale);
        table[static_cast<std::size_t>(stored)] = static_cast<std::uint16_t>(
            std::lround(full_scale * std::min(1.0, std::exp(window.low - line_integral))));
    }
    gdcm::Item item;
    item.SetVLToUndefined();
    gdcm::DataSet& nested = item.GetNestedDataSet();
    add(nested, Tag(0x0028, 0x3002), VR::US, us({0, 0, 16}));   // LUTDescriptor; 0 means 65536
    add(nested, Tag(0x0028, 0x3004), VR::LO, "US");             // ModalityLUTType: unspecified
    add(nested, Tag(0x0028, 0x3006), VR::OW, bytes_of(table));  // LUTData
    const auto sequence = gdcm::SequenceOfItems::New();
    sequence->SetLengthToUndefined();
    sequence->AddItem(item);
    gdcm::DataElement element(Tag(0x0028, 0x3000));  // ModalityLUTSequence
    element.SetVR(VR::SQ);
    element.SetValue(*sequence);
    element.SetVLToUndefined();
    return element;
}

void add_grey_values(gdcm::DataSet& data, const Image<std::uint16_t>& picture,
                     const GreyWindow& window) {
    const bool is_log = window.scale == GreyScale::log;
    add(data, Tag(0x0028, 0x0002), VR::US, us({1}));                 // SamplesPerPixel
    add(data, Tag(0x0028, 0x0004), VR::CS, "MONOCHROME2");           // PhotometricInterpretation
    add(data, Tag(0x0028, 0x0010), VR::US, us({picture.height()}));  // Rows
    add(data, Tag(0x0028, 0x0011), VR::US, us({picture.width()}));   // Columns
    add(data, Tag(0x0028, 0x0100), VR::US, us({16}));                // BitsAllocated
    add(data, Tag(0x0028, 0x0101), VR::US, us({16}));                // BitsStored
    add(data, Tag(0x0028, 0x0102), VR::US, us({15}));                // HighBit
    add(data, Tag(0x0028, 0x0103), VR::US, us({0}));  // PixelRepresentation: unsigned
    add(data, Tag(0x0028, 0x1040), VR::CS, is_log ? "LOG" : "LIN");  // PixelIntensityRelationship
    add(data, Tag(0x0028, 0x1041), VR::SS,  // PixelIntensityRelationshipSign
        bytes_of(std::vector<std::int16_t>{std::int16_t(window.inverted ? 1 : -1)}));
    add(data, Tag(0x0028, 0x1050), VR::DS, ds({0.5 * (full_scale + 1)}));  // WindowCenter
    add(data, Tag(0x0028, 0x1051), VR::DS, ds({full_scale + 1.0}));        // WindowWidth
    if (is_log) data.Insert(lut_to_linear(window));
    add(data, Tag(0x7FE0, 0x0010), VR::OW, bytes_of(picture.pixels()));  // PixelData
}

void add_geometry(gdcm::DataSet& data, const GreyWindow& window, const XrayView& view,
                  double source_isocentre_mm) {
    const Eigen::Matrix3d world_from_view = view.view_from_world.matrix().transpose();
    add(data, Tag(0x0018, 0x1110), VR::DS, ds({view.sdd_mm}));          // DistanceSourceToDetector
    add(data, Tag(0x0018, 0x1111), VR::DS, ds({source_isocentre_mm}));  // DistanceSourceToPatient
    add(data, Tag(0x0018, 0x1114), VR::DS,  // EstimatedRadiographicMagnificationFactor
        ds({view.sdd_mm / source_isocentre_mm}));
    add(data, Tag(0x0018, 0x1164), VR::DS,  // ImagerPixelSpacing
        ds({view.pixel_pitch_mm.y(), view.pixel_pitch_mm.x()}));
    const CArmAngles angles = c_arm_angles(view);
    add(data, Tag(0x0018, 0x1510), VR::DS,
        ds({degrees(angles.primary_rad)}));  // PositionerPrimaryAngle
    add(data, Tag(0x0018, 0x1511), VR::DS,   // PositionerSecondaryAngle
        ds({degrees(angles.secondary_rad)}));
    add(data, Tag(0x0020, 0x0020), VR::CS,  // PatientOrientation
        fmt::format("{}\\{}", patient_side(world_from_view.col(0)),
                    patient_side(world_from_view.col(1))));

    // The scale's value at stored 0 and 65535.
    const bool grows = (window.scale == GreyScale::log) != window.inverted;
    const Eigen::Vector2d ends =
        grows ? Eigen::Vector2d(window.low, window.high) : Eigen::Vector2d(window.high, window.low);
    add(data, Tag(0x0019, 0x0010), VR::LO, "STEREODRR");
    add(data, Tag(0x0019, 0x1001), VR::FD, fd(view.calibrated().projection_matrix()));
    add(data, Tag(0x0019, 0x1002), VR::FD, fd(view.view_from_world.matrix34()));
    add(data, Tag(0x0019, 0x1003), VR::FD, fd(view.principal_point_px));
    add(data, Tag(0x0019, 0x1004), VR::FD, fd(ends));
}

void add_patient_and_equipment(gdcm::DataSet& data, const DicomImageOptions& options) {
    const std::string study = "study\n" + options.study;
    const std::string series = "series\n" + options.study + '\n' + options.series;
    add(data, Tag(0x0008, 0x0008), VR::CS, "DERIVED\\PRIMARY\\SINGLE PLANE");  // ImageType
    add(data, Tag(0x0008, 0x0016), VR::UI, xa_image_storage);                  // SOPClassUID
    add(data, Tag(0x0008, 0x0020), VR::DA, options.content_date);              // StudyDate
    add(data, Tag(0x0008, 0x0030), VR::TM, "");                                // StudyTime
    add(data, Tag(0x0008, 0x0050), VR::SH, "");                                // AccessionNumber
    add(data, Tag(0x0008, 0x0060), VR::CS, "XA");                              // Modality
    add(data, Tag(0x0008, 0x0070), VR::LO, "StereoDRR");                       // Manufacturer
    add(data, Tag(0x0008, 0x0090), VR::PN, "");                          // ReferringPhysicianName
    add(data, Tag(0x0008, 0x103E), VR::LO, options.series_description);  // SeriesDescription
    add(data, Tag(0x0008, 0x2111), VR::ST,                               // DerivationDescription
        "Digitally reconstructed radiograph: computed, not exposed");
    add(data, Tag(0x0010, 0x0010), VR::PN, options.patient_name);  // PatientName
    add(data, Tag(0x0010, 0x0020), VR::LO, options.patient_id);    // PatientID
    add(data, Tag(0x0010, 0x0030), VR::DA, "");                    // PatientBirthDate
    add(data, Tag(0x0010, 0x0040), VR::CS, "");                    // PatientSex
    add(data, Tag(0x0018, 0x0060), VR::DS, "");                    // KVP
    add(data, Tag(0x0018, 0x1020), VR::LO, version());             // SoftwareVersions
    add(data, Tag(0x0018, 0x1150), VR::IS, "");                    // ExposureTime
    add(data, Tag(0x0018, 0x1151), VR::IS, "");                    // XRayTubeCurrent
    add(data, Tag(0x0018, 0x1152), VR::IS, "");                    // Exposure
    add(data, Tag(0x0018, 0x1155), VR::CS, "GR");                  // RadiationSetting
    add(data, Tag(0x0020, 0x000D), VR::UI, uid(study));            // StudyInstanceUID
    add(data, Tag(0x0020, 0x000E), VR::UI, uid(series));           // SeriesInstanceUID
    add(data, Tag(0x0020, 0x0010), VR::SH, "");                    // StudyID
    add(data, Tag(0x0020, 0x0011), VR::IS, "1");                   // SeriesNumber
    add(data, Tag(0x0020, 0x0060), VR::CS, "");                    // Laterality: unknown
    add(data, Tag(0x0020, 0x0013), VR::IS,                         // InstanceNumber
        std::to_string(options.instance_number));
}

std::string encoded(const gdcm::DataSet& data) {
    std::ostringstream stream;
    gdcm::Writer writer;
    writer.GetFile().GetHeader().SetDataSetTransferSyntax(
        gdcm::TransferSyntax::ExplicitVRLittleEndian);
    writer.GetFile().SetDataSet(data);
    writer.SetStream(stream);
    if (!writer.Write()) throw Error(ErrorCode::internal, "the image cannot be encoded as DICOM");
    return stream.str();
}

}  // namespace

void write_xa_image(const std::filesystem::path& path, const Image<std::uint16_t>& picture,
                    const GreyWindow& window, const XrayView& view,
                    const DicomImageOptions& options) {
    view.validate();
    window.validate();
    require(picture.width() == view.width_px && picture.height() == view.height_px,
            "the picture must have the size of the view's detector");
    require(picture.width() <= full_scale && picture.height() <= full_scale,
            "a DICOM image has at most 65535 columns and rows");
    const double source_isocentre_mm = (view.view_from_world * options.isocentre_in_world_mm).z();
    require(source_isocentre_mm > 0.0, "the isocentre must lie in front of the source");

    gdcm::DataSet data;
    add_patient_and_equipment(data, options);
    add_geometry(data, window, view, source_isocentre_mm);
    add_grey_values(data, picture, window);
    std::ostringstream content;
    data.Write<gdcm::ExplicitDataElement, gdcm::SwapperNoOp>(content);
    add(data, Tag(0x0008, 0x0018), VR::UI, uid("instance\n" + content.str()));  // SOPInstanceUID
    write_file(path, encoded(data));
}

}  // namespace drr
