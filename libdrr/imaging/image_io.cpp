#include "tiff_pages.hpp"

#include <drr/core/file_io.hpp>
#include <drr/imaging/image_io.hpp>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <cstring>

namespace drr {
namespace {

constexpr std::size_t max_image_bytes = std::size_t{512} << 20;

template <class T>
std::string encode(const char* extension, const Image<T>& image, int type) {
    // cv::Mat has no constructor from const data; imencode does not write to it.
    const cv::Mat mat(image.height(), image.width(), type, const_cast<T*>(image.pixels().data()));
    std::vector<unsigned char> bytes;
    // Level 1: noise hardly compresses, and higher levels cost most of the run's time.
    if (!cv::imencode(extension, mat, bytes, {cv::IMWRITE_PNG_COMPRESSION, 1}))
        throw Error(ErrorCode::internal, "the image cannot be encoded");
    return {bytes.begin(), bytes.end()};
}

template <class T>
void write(const std::filesystem::path& path, const Image<T>& image, int type) {
    const std::string extension = path.extension().string();
    if (extension != ".png" && extension != ".tif" && extension != ".tiff")
        throw Error(ErrorCode::usage, "a picture has the extension .png, .tif or .tiff",
                    path.string());
    require(!image.empty(), "a picture without pixels cannot be written");
    write_file(path, encode(extension.c_str(), image, type));
}

/// As it stands in the file; empty where it cannot be decoded.
cv::Mat decoded(const ImagePage& page) {
    if (is_tiff(page.path)) {  // page by page: a stack need not fit into memory
        if (const int images = imagej_images_without_directory(page.path); images > 0)
            throw Error(ErrorCode::unsupported,
                        fmt::format("a stack of {} images of which ImageJ lists the first alone; "
                                    "save it as an image sequence",
                                    images),
                        page.path.string());
        std::vector<cv::Mat> images;
        cv::imreadmulti(page.path.string(), images, page.directory, 1, cv::IMREAD_UNCHANGED);
        return images.empty() ? cv::Mat() : images.front();
    }
    std::string bytes = read_text_file(page.path, max_image_bytes);
    const cv::Mat buffer(1, static_cast<int>(bytes.size()), CV_8U, bytes.data());
    return bytes.empty() ? cv::Mat() : cv::imdecode(buffer, cv::IMREAD_UNCHANGED);
}

}  // namespace

std::string ImagePage::name() const {
    const std::string file = path.filename().string();
    return page == 0 ? file : fmt::format("{} page {}", file, page);
}

std::vector<ImagePage> image_pages(const std::filesystem::path& path) {
    const std::vector<int> directories = is_tiff(path) ? tiff_pages(path) : std::vector<int>{};
    if (directories.empty()) return {ImagePage{path}};
    if (directories.size() == 1) return {ImagePage{path, 0, directories.front()}};
    std::vector<ImagePage> pages;
    for (const int directory : directories)
        pages.push_back({path, static_cast<int>(pages.size()) + 1, directory});
    return pages;
}

GreyImage read_grey_image(const std::filesystem::path& path) {
    const std::vector<ImagePage> pages = image_pages(path);
    if (pages.size() > 1)
        throw Error(ErrorCode::invalid_file,
                    fmt::format("one image was expected, the file has {} pages", pages.size()),
                    path.string());
    return read_grey_image(pages.front());
}

GreyImage read_grey_image(const ImagePage& page) {
    const auto invalid = [&](const std::string& message) {
        return Error(ErrorCode::invalid_file, message,
                     (page.path.parent_path() / page.name()).string());
    };
    cv::Mat mat;
    try {
        mat = decoded(page);
    } catch (const cv::Exception& error) {
        throw invalid("not a readable image: " + error.err);
    }
    if (mat.empty())
        throw invalid("not a readable image, or truncated (PNG, TIFF, BMP, PGM or JPEG)");
    if (mat.depth() != CV_8U && mat.depth() != CV_16U)
        throw invalid("an image of 8 or 16 bits was expected");
    if (mat.channels() != 1) {
        std::vector<cv::Mat> channels;
        cv::split(mat, channels);
        for (int c = 1; c < std::min(mat.channels(), 3); ++c)
            if (cv::norm(channels[0], channels[static_cast<std::size_t>(c)], cv::NORM_INF) != 0.0)
                throw invalid("a grey image was expected, this one has colours");
        mat = channels[0];
    }
    GreyImage result;
    result.bits = mat.depth() == CV_8U ? 8 : 16;
    result.pixels = Image<float>(mat.cols, mat.rows);
    cv::Mat target(mat.rows, mat.cols, CV_32F, result.pixels.pixels().data());
    mat.convertTo(target, CV_32F);
    return result;
}

void write_grey_image(const std::filesystem::path& path, const Image<std::uint16_t>& image) {
    write(path, image, CV_16U);
}

void write_grey_image(const std::filesystem::path& path, const Image<std::uint8_t>& image) {
    write(path, image, CV_8U);
}

std::string encode_png(const Image<std::uint8_t>& image) {
    return encode(".png", image, CV_8U);
}

Image<std::uint8_t> to_8_bits(const Image<float>& image, float low, float high) {
    Image<std::uint8_t> result(image.width(), image.height());
    const float scale = high == low ? 0.0F : 255.0F / (high - low);
    std::transform(image.pixels().begin(), image.pixels().end(), result.pixels().begin(),
                   [&](float value) {
                       return static_cast<std::uint8_t>(
                           std::clamp((value - low) * scale + 0.5F, 0.0F, 255.0F));
                   });
    return result;
}

}  // namespace drr
