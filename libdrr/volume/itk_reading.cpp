#include "itk_reading.hpp"

#include <gdcmTrace.h>

#include <algorithm>
#include <cmath>

namespace drr {
namespace {

template <class T>
void append_as_float(const std::vector<char>& bytes, std::vector<float>& values) {
    const std::size_t count = bytes.size() / sizeof(T);
    const auto* typed = reinterpret_cast<const T*>(bytes.data());
    values.assign(typed, typed + count);
}

}  // namespace

std::string first_line(const std::string& text) {
    std::string line = text.substr(0, text.find('\n'));
    // ITK begins its messages with the place in its own sources.
    const auto end_of_place = line.find("): ");
    if (line.find(".cxx:") != std::string::npos || line.find(".hxx:") != std::string::npos)
        return text.find('\n') == std::string::npos ? std::string("ITK cannot read it")
                                                    : first_line(text.substr(text.find('\n') + 1));
    return end_of_place == std::string::npos ? line : line.substr(end_of_place + 3);
}

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

void silence_itk() {
    itk::Object::GlobalWarningDisplayOff();
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
    gdcm::Trace::DebugOff();
}

}  // namespace drr
