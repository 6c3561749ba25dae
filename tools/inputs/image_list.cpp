#include "inputs/image_list.hpp"

#include <drr/core/error.hpp>

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>

namespace tools {
namespace {

namespace fs = std::filesystem;

bool is_picture(const fs::path& path) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::array<const char*, 7> known = {".png", ".tif", ".tiff", ".bmp",
                                                  ".pgm", ".jpg", ".jpeg"};
    return std::find(known.begin(), known.end(), extension) != known.end();
}

std::vector<fs::path> files_of(const fs::path& folder,
                               const std::function<bool(const fs::path&)>& wanted) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.is_regular_file() && wanted(entry.path())) files.push_back(entry.path());
    if (error)
        throw drr::Error(drr::ErrorCode::io, "the folder cannot be read: " + error.message(),
                         folder.string());
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
        return naturally_before(a.filename().string(), b.filename().string());
    });
    return files;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

bool naturally_before(const std::string& a, const std::string& b) {
    std::size_t i = 0;
    std::size_t j = 0;
    const auto number_at = [](const std::string& text, std::size_t& at) {
        const std::size_t first = at;
        while (at < text.size() && is_digit(text[at]))
            ++at;
        const std::size_t significant = std::min(text.find_first_not_of('0', first), at);
        return text.substr(significant, at - significant);
    };
    while (i < a.size() && j < b.size()) {
        if (is_digit(a[i]) && is_digit(b[j])) {
            const std::string m = number_at(a, i);
            const std::string n = number_at(b, j);
            if (m.size() != n.size()) return m.size() < n.size();
            if (m != n) return m < n;
        } else {
            if (a[i] != b[j]) return a[i] < b[j];
            ++i;
            ++j;
        }
    }
    if (i < a.size() || j < b.size()) return j < b.size();
    return a < b;  // the same but for leading zeros
}

std::vector<fs::path> list_images(const std::vector<std::string>& arguments) {
    std::vector<fs::path> images;
    for (const std::string& argument : arguments) {
        const fs::path path = argument;
        std::vector<fs::path> found;
        if (fs::is_directory(path)) {
            found = files_of(path, is_picture);
            if (found.empty())
                throw drr::Error(drr::ErrorCode::io, "the folder holds no picture", argument);
        } else if (!fs::exists(path) &&
                   path.filename().string().find_first_of("*?") != std::string::npos) {
            const std::string pattern = path.filename().string();
            found = files_of(path.has_parent_path() ? path.parent_path() : ".",
                             [&](const fs::path& file) {
                                 return fnmatch(pattern.c_str(), file.filename().c_str(), 0) == 0;
                             });
            if (found.empty())
                throw drr::Error(drr::ErrorCode::io, "no file matches the pattern", argument);
        } else {
            found = {path};
        }
        images.insert(images.end(), found.begin(), found.end());
    }
    return images;
}

}  // namespace tools
