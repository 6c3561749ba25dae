#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

namespace drr {

std::string read_text_file(const std::filesystem::path& path, std::size_t max_bytes) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        throw Error(ErrorCode::io, "is a folder, expected a file", path.string());
    std::ifstream stream(path, std::ios::binary);
    if (!stream)
        throw Error(ErrorCode::io, std::string("cannot be opened: ") + std::strerror(errno),
                    path.string());
    const auto size = std::filesystem::file_size(path, ignored);
    if (!ignored && size > max_bytes)
        throw Error(ErrorCode::invalid_file,
                    "has " + std::to_string(size) + " bytes, at most " + std::to_string(max_bytes) +
                        " are expected here",
                    path.string());
    std::string content{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    if (stream.bad()) throw Error(ErrorCode::io, "cannot be read", path.string());
    return content;
}

void write_file(const std::filesystem::path& path, std::string_view content) {
    write_file_with(path, [&](const std::filesystem::path& temporary) {
        std::ofstream stream(temporary, std::ios::binary | std::ios::trunc);
        stream.write(content.data(), static_cast<std::streamsize>(content.size()));
        stream.close();
        if (!stream)
            throw Error(ErrorCode::io, std::string("cannot be written: ") + std::strerror(errno),
                        path.string());
    });
}

void write_file_with(const std::filesystem::path& path,
                     const std::function<void(const std::filesystem::path&)>& write) {
    static std::atomic<unsigned> counter{0};
    std::filesystem::path temporary = path;
    temporary.replace_filename("." + path.stem().string() + ".tmp" + std::to_string(getpid()) +
                               "-" + std::to_string(counter++) + path.extension().string());
    try {
        write(temporary);
        std::filesystem::rename(temporary, path);
    } catch (const std::filesystem::filesystem_error& error) {
        std::error_code ignored;
        std::filesystem::remove(temporary, ignored);
        throw Error(ErrorCode::io, "cannot be written: " + error.code().message(), path.string());
    } catch (...) {
        std::error_code ignored;
        std::filesystem::remove(temporary, ignored);
        throw;
    }
}

void make_folder(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error || !std::filesystem::is_directory(path))
        throw Error(ErrorCode::io,
                    "the folder cannot be made: " +
                        (error ? error.message() : std::string("a file is in the way")),
                    path.string());
}

}  // namespace drr
