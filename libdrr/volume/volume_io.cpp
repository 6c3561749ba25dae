#include "dicom_folder.hpp"
#include "volume_file.hpp"

#include <drr/core/error.hpp>
#include <drr/volume/volume_io.hpp>

#include <new>
#include <system_error>

namespace drr {

CtReadResult read_ct(const std::filesystem::path& path, const VolumeReadOptions& options) {
    std::error_code ignored;
    const std::filesystem::file_status status = std::filesystem::status(path, ignored);
    if (!std::filesystem::exists(status))
        throw Error(ErrorCode::io, "no such file or folder", path.string());
    try {
        return std::filesystem::is_directory(status) ? read_dicom_folder(path, options)
                                                     : read_volume_file(path, options);
    } catch (const Error& error) {
        if (error.context().empty()) throw Error(error.code(), error.message(), path.string());
        throw;
    } catch (const std::bad_alloc&) {
        throw Error(ErrorCode::unsupported, "takes more memory than there is", path.string());
    } catch (const std::filesystem::filesystem_error& error) {
        throw Error(ErrorCode::io, error.code().message(), path.string());
    }
}

}  // namespace drr
