#include <drr/core/file_io.hpp>
#include <drr/imaging/float_image_io.hpp>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace drr {
namespace {

static_assert(std::endian::native == std::endian::little, "floats are written as they lie");

constexpr std::size_t max_image_bytes = std::size_t{1} << 30;
constexpr int max_side_px = 1 << 16;

enum class Format { meta_image, nrrd, tiff };

Format format_of(const std::filesystem::path& path, ErrorCode code) {
    const std::string extension = path.extension().string();
    if (extension == ".mha") return Format::meta_image;
    if (extension == ".nrrd") return Format::nrrd;
    if (extension == ".tif" || extension == ".tiff") return Format::tiff;
    throw Error(code, "an image of floats has the extension .mha, .nrrd, .tif or .tiff",
                path.string());
}

std::string with_raw_pixels(std::string header, const Image<float>& image) {
    const std::size_t size = header.size();
    header.resize(size + image.size() * sizeof(float));
    std::memcpy(header.data() + size, image.pixels().data(), image.size() * sizeof(float));
    return header;
}

std::string meta_image(const DetectorImage& image) {
    return with_raw_pixels(
        fmt::format("ObjectType = Image\nNDims = 2\n"
                    "Comment = mm on the detector from the foot of the perpendicular; the offset "
                    "is the first pixel's centre\n"
                    "BinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n"
                    "Offset = {} {}\nElementSpacing = {} {}\nDimSize = {} {}\n"
                    "ElementType = MET_FLOAT\nElementDataFile = LOCAL\n",
                    image.origin_mm.x(), image.origin_mm.y(), image.spacing_mm.x(),
                    image.spacing_mm.y(), image.pixels.width(), image.pixels.height()),
        image.pixels);
}

std::string nrrd(const DetectorImage& image) {
    return with_raw_pixels(
        fmt::format("NRRD0004\n"
                    "# mm on the detector from the foot of the perpendicular; the origin is the "
                    "first pixel's centre\n"
                    "type: float\ndimension: 2\nspace dimension: 2\nsizes: {} {}\n"
                    "space directions: ({},0) (0,{})\nspace units: \"mm\" \"mm\"\n"
                    "space origin: ({},{})\nendian: little\nencoding: raw\n\n",
                    image.pixels.width(), image.pixels.height(), image.spacing_mm.x(),
                    image.spacing_mm.y(), image.origin_mm.x(), image.origin_mm.y()),
        image.pixels);
}

std::string tiff(const Image<float>& image) {
    // cv::Mat has no constructor from const data; imencode does not write to it.
    const cv::Mat mat(image.height(), image.width(), CV_32F,
                      const_cast<float*>(image.pixels().data()));
    constexpr int no_compression = 1;  // so that every reader of floats takes it
    std::vector<unsigned char> bytes;
    if (!cv::imencode(".tiff", mat, bytes, {cv::IMWRITE_TIFF_COMPRESSION, no_compression}))
        throw Error(ErrorCode::internal, "the image cannot be encoded as TIFF");
    return {bytes.begin(), bytes.end()};
}

/// The header of a MetaImage or NRRD file: the values by their keys, and where the data begins.
class TextHeader {
  public:
    TextHeader(std::string_view bytes, const std::filesystem::path& path) : path_(path.string()) {
        if (bytes.starts_with("NRRD"))
            read_nrrd(bytes);
        else
            read_meta_image(bytes);
    }

    [[nodiscard]] std::size_t data_offset() const { return data_offset_; }

    [[nodiscard]] Error invalid(const std::string& message) const {
        return {ErrorCode::invalid_file, message, path_};
    }

    /// Throws Error(unsupported) when the key stands there with another value, or does not although
    /// it has to.
    void expect(const std::string& key, std::string_view value, bool has_to = true) const {
        const auto found = values_.find(key);
        if (found == values_.end() && !has_to) return;
        if (found == values_.end() || found->second != value)
            throw Error(
                ErrorCode::unsupported,
                fmt::format("'{}' is {}, expected '{}'", key,
                            found == values_.end() ? "missing" : "'" + found->second + "'", value),
                path_);
    }

    /// All numbers of a value, whatever stands between them; `otherwise` where there is no such
    /// key.
    [[nodiscard]] std::vector<double> numbers(const std::string& key,
                                              std::vector<double> otherwise) const {
        const auto found = values_.find(key);
        if (found == values_.end()) return otherwise;
        std::string text = found->second;
        std::replace_if(
            text.begin(), text.end(), [](char c) { return c == '(' || c == ')' || c == ','; }, ' ');
        std::vector<double> result;
        bool whole = true;
        for (const char *at = text.data(), *const end = at + text.size(); whole;) {
            at = std::find_if(at, end, [](char c) { return c != ' ' && c != '\t'; });
            if (at == end) break;
            const auto [next, error] = std::from_chars(at, end, result.emplace_back());
            whole = error == std::errc{} && std::isfinite(result.back());
            at = next;
        }
        if (!whole || result.size() != otherwise.size())
            throw invalid(fmt::format("'{}' must be {} numbers", key, otherwise.size()));
        return result;
    }

  private:
    std::string_view next_line(std::string_view bytes) {
        const std::size_t end = bytes.find('\n', data_offset_);
        if (end == std::string_view::npos) throw invalid("the header is cut off");
        std::string_view line = bytes.substr(data_offset_, end - data_offset_);
        data_offset_ = end + 1;
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }

    void add(std::string_view line, std::string_view separator) {
        const std::size_t at = line.find(separator);
        if (at == std::string_view::npos)
            throw invalid(
                fmt::format("not a header of an image of floats: a line without '{}'", separator));
        const auto trimmed = [](std::string_view text) {
            const std::size_t first = text.find_first_not_of(" \t");
            if (first == std::string_view::npos) return std::string();
            return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
        };
        values_[trimmed(line.substr(0, at))] = trimmed(line.substr(at + separator.size()));
    }

    void read_nrrd(std::string_view bytes) {
        (void)next_line(bytes);
        for (auto line = next_line(bytes); !line.empty(); line = next_line(bytes))
            if (!line.starts_with('#')) add(line, ":");
    }

    void read_meta_image(std::string_view bytes) {
        do
            add(next_line(bytes), "=");
        while (!values_.contains("ElementDataFile"));
    }

    std::string path_;
    std::map<std::string, std::string> values_;
    std::size_t data_offset_ = 0;
};

DetectorImage from_numbers(const TextHeader& header, std::string_view bytes,
                           const std::vector<double>& sizes, const std::vector<double>& origin,
                           const std::vector<double>& spacing) {
    for (const double size : sizes)
        if (!(size >= 1.0 && size <= max_side_px && size == std::floor(size)))
            throw header.invalid("the sizes must be whole numbers from 1 to 65536");
    for (const double step : spacing)
        if (!(step > 0.0)) throw header.invalid("the spacing must be positive");
    const std::size_t count =
        static_cast<std::size_t>(sizes[0]) * static_cast<std::size_t>(sizes[1]);
    if (bytes.size() - header.data_offset() != count * sizeof(float))
        throw header.invalid(fmt::format("{} bytes of pixels were expected, {} follow the header",
                                         count * sizeof(float),
                                         bytes.size() - header.data_offset()));
    DetectorImage image{Image<float>(static_cast<int>(sizes[0]), static_cast<int>(sizes[1])),
                        {origin[0], origin[1]},
                        {spacing[0], spacing[1]}};
    std::memcpy(image.pixels.pixels().data(), bytes.data() + header.data_offset(),
                count * sizeof(float));
    return image;
}

DetectorImage from_meta_image(std::string_view bytes, const std::filesystem::path& path) {
    const TextHeader header(bytes, path);
    header.expect("NDims", "2");
    header.expect("ElementType", "MET_FLOAT");
    header.expect("ElementDataFile", "LOCAL");
    header.expect("BinaryData", "True");
    header.expect("BinaryDataByteOrderMSB", "False", false);
    header.expect("CompressedData", "False", false);
    header.expect("TransformMatrix", "1 0 0 1", false);
    header.expect("ElementNumberOfChannels", "1", false);
    return from_numbers(header, bytes, header.numbers("DimSize", {0.0, 0.0}),
                        header.numbers("Offset", {0.0, 0.0}),
                        header.numbers("ElementSpacing", {1.0, 1.0}));
}

DetectorImage from_nrrd(std::string_view bytes, const std::filesystem::path& path) {
    const TextHeader header(bytes, path);
    header.expect("type", "float");
    header.expect("dimension", "2");
    header.expect("encoding", "raw");
    header.expect("endian", "little");
    const auto spacing = header.numbers("spacings", {1.0, 1.0});
    const auto axes = header.numbers("space directions", {spacing[0], 0.0, 0.0, spacing[1]});
    if (axes[1] != 0.0 || axes[2] != 0.0)
        throw Error(ErrorCode::unsupported, "the axes must be those of the detector",
                    path.string());
    return from_numbers(header, bytes, header.numbers("sizes", {0.0, 0.0}),
                        header.numbers("space origin", {0.0, 0.0}), {axes[0], axes[3]});
}

DetectorImage from_tiff(std::string bytes, const std::filesystem::path& path) {
    cv::Mat mat;
    try {
        const cv::Mat buffer(1, static_cast<int>(bytes.size()), CV_8U, bytes.data());
        if (!bytes.empty()) mat = cv::imdecode(buffer, cv::IMREAD_UNCHANGED);
    } catch (const cv::Exception& error) {
        throw Error(ErrorCode::invalid_file, "not a readable TIFF: " + error.err, path.string());
    }
    if (mat.empty())
        throw Error(ErrorCode::invalid_file, "not a readable TIFF, or cut off", path.string());
    if (mat.type() != CV_32F)
        throw Error(ErrorCode::unsupported, "one float a pixel was expected", path.string());
    DetectorImage image;
    image.pixels = Image<float>(mat.cols, mat.rows);
    mat.copyTo(cv::Mat(mat.rows, mat.cols, CV_32F, image.pixels.pixels().data()));
    return image;
}

}  // namespace

DetectorImage detector_image(Image<float> pixels, const XrayView& view) {
    require(pixels.width() == view.width_px && pixels.height() == view.height_px,
            "the image must have the size of the view's detector");
    return {std::move(pixels), view.pixel_in_view_mm(Eigen::Vector2d::Zero()).head<2>(),
            view.pixel_pitch_mm};
}

void write_float_image(const std::filesystem::path& path, const DetectorImage& image) {
    const Format format = format_of(path, ErrorCode::usage);
    require(!image.pixels.empty(), "an image without pixels cannot be written");
    require(image.spacing_mm.minCoeff() > 0.0 && image.spacing_mm.allFinite() &&
                image.origin_mm.allFinite(),
            "an image's spacing must be positive, its origin finite");
    write_file(path, format == Format::meta_image ? meta_image(image)
                     : format == Format::nrrd     ? nrrd(image)
                                                  : tiff(image.pixels));
}

DetectorImage read_float_image(const std::filesystem::path& path) {
    const Format format = format_of(path, ErrorCode::unsupported);
    std::string bytes = read_text_file(path, max_image_bytes);
    return format == Format::meta_image ? from_meta_image(bytes, path)
           : format == Format::nrrd     ? from_nrrd(bytes, path)
                                        : from_tiff(std::move(bytes), path);
}

}  // namespace drr
