#include "dicom_writer.hpp"

#include <cstdio>
#include <fstream>

namespace test {
namespace {

std::string little(std::uint32_t value, int bytes) {
    std::string text;
    for (int n = 0; n < bytes; ++n)
        text += static_cast<char>(value >> (8 * n));
    return text;
}

std::string element(std::uint32_t tag, const std::string& representation, std::string value) {
    if (value.size() % 2) value += representation == "UI" ? '\0' : ' ';
    const bool is_long = representation == "OW" || representation == "OB";
    return little(tag >> 16, 2) + little(tag & 0xFFFF, 2) + representation +
           (is_long ? std::string(2, '\0') : "") +
           little(static_cast<std::uint32_t>(value.size()), is_long ? 4 : 2) + value;
}

std::string decimals(std::initializer_list<double> values) {
    std::string text;
    for (const double value : values) {
        char one[32];
        std::snprintf(one, sizeof one, "%.10g", value);
        text += (text.empty() ? "" : "\\") + std::string(one);
    }
    return text;
}

}  // namespace

void write_dicom(const std::filesystem::path& path, const DicomSlice& s) {
    const std::string ct_storage = "1.2.840.10008.5.1.4.1.1.2";
    const std::string instance = s.series_uid + "." + std::to_string(s.position_mm.z() > 0) + "." +
                                 std::to_string(static_cast<long>(s.position_mm.norm() * 1000));
    const std::string meta = element(0x00020002, "UI", ct_storage) +
                             element(0x00020003, "UI", instance) +
                             element(0x00020010, "UI", "1.2.840.10008.1.2.1");
    std::string pixels;
    for (const std::int16_t value : s.stored)
        pixels += little(static_cast<std::uint16_t>(value), 2);
    const auto number = [](int value) { return little(static_cast<std::uint32_t>(value), 2); };
    const auto bits = [&](std::int16_t value) { return number(static_cast<std::uint16_t>(value)); };
    const std::string sign = s.is_signed ? "SS" : "US";
    std::ofstream file(path, std::ios::binary);
    file << std::string(128, '\0') << "DICM"
         << element(0x00020000, "UL", little(static_cast<std::uint32_t>(meta.size()), 4)) << meta
         << element(0x00080008, "CS", s.image_type) << element(0x00080016, "UI", ct_storage)
         << element(0x00080018, "UI", instance) << element(0x00080060, "CS", s.modality)
         << element(0x0008103E, "LO", s.description) << element(0x0020000D, "UI", "1.2.3")
         << element(0x0020000E, "UI", s.series_uid) << element(0x00200011, "IS", s.series_number)
         << element(0x00200032, "DS",
                    decimals({s.position_mm.x(), s.position_mm.y(), s.position_mm.z()}))
         << element(0x00200037, "DS",
                    decimals({s.i_axis.x(), s.i_axis.y(), s.i_axis.z(), s.j_axis.x(), s.j_axis.y(),
                              s.j_axis.z()}))
         << element(0x00280002, "US", number(1)) << element(0x00280004, "CS", "MONOCHROME2")
         << element(0x00280010, "US", number(s.rows))
         << element(0x00280011, "US", number(s.columns))
         << element(0x00280030, "DS", decimals({s.spacing_mm.y(), s.spacing_mm.x()}))
         << element(0x00280100, "US", number(16)) << element(0x00280101, "US", number(16))
         << element(0x00280102, "US", number(15))
         << element(0x00280103, "US", number(s.is_signed ? 1 : 0));
    if (s.padding) file << element(0x00280120, sign, bits(*s.padding));
    if (s.padding_limit) file << element(0x00280121, sign, bits(*s.padding_limit));
    if (s.has_rescale)
        file << element(0x00281052, "DS", decimals({s.intercept}))
             << element(0x00281053, "DS", decimals({s.slope}));
    if (!s.rescale_type.empty()) file << element(0x00281054, "LO", s.rescale_type);
    file << element(0x7FE00010, "OW", pixels);
}

}  // namespace test
