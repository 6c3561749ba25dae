#include "tiff_pages.hpp"

#include <tiffio.h>

#include <array>
#include <charconv>
#include <cstdarg>
#include <fstream>
#include <memory>
#include <string_view>

namespace drr {
namespace {

using Tiff = std::unique_ptr<TIFF, decltype(&TIFFClose)>;

// libtiff writes to the terminal otherwise, about every tag that it does not know.
int keep_quiet(TIFF*, void*, const char*, const char*, std::va_list) {
    constexpr int done = 1;
    return done;
}

Tiff open(const std::filesystem::path& path) {
    const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(
        TIFFOpenOptionsAlloc(), &TIFFOpenOptionsFree);
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_quiet, nullptr);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), keep_quiet, nullptr);
    return {TIFFOpenExt(path.c_str(), "r", options.get()), &TIFFClose};
}

}  // namespace

bool is_tiff(const std::filesystem::path& path) {
    using namespace std::string_view_literals;
    std::array<char, 4> start{};
    std::ifstream(path, std::ios::binary).read(start.data(), start.size());
    const std::string_view text(start.data(), start.size());
    return text == "II*\0"sv || text == "MM\0*"sv || text == "II+\0"sv || text == "MM\0+"sv;
}

std::vector<int> tiff_pages(const std::filesystem::path& path) {
    std::vector<int> pages;
    const Tiff tiff = open(path);
    if (!tiff) return pages;
    for (int directory = 0;; ++directory) {
        std::uint32_t kind = 0;
        TIFFGetField(tiff.get(), TIFFTAG_SUBFILETYPE, &kind);
        if ((kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0) pages.push_back(directory);
        if (TIFFLastDirectory(tiff.get()) != 0) return pages;
        if (TIFFReadDirectory(tiff.get()) == 0) {
            pages.push_back(directory + 1);
            return pages;
        }
    }
}

int imagej_images_without_directory(const std::filesystem::path& path) {
    const Tiff tiff = open(path);
    const char* description = nullptr;
    if (!tiff || TIFFLastDirectory(tiff.get()) == 0 ||
        TIFFGetField(tiff.get(), TIFFTAG_IMAGEDESCRIPTION, &description) == 0)
        return 0;
    const std::string_view text(description);
    constexpr std::string_view key = "\nimages=";
    const std::size_t at = text.find(key);
    if (!text.starts_with("ImageJ=") || at == std::string_view::npos) return 0;
    int images = 0;
    std::from_chars(text.data() + at + key.size(), text.data() + text.size(), images);
    return images > 1 ? images : 0;
}

}  // namespace drr
