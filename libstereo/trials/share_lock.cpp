#include "share_lock.hpp"

#include <drr/core/error.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace stereo {

ShareLock::ShareLock(const std::filesystem::path& file) {
    constexpr int mode = 0666;
    // Not inherited: a command that outlives us must not hold our share.
    file_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, mode);
    if (file_ < 0)
        throw drr::Error(drr::ErrorCode::io,
                         std::string("cannot be written: ") + std::strerror(errno), file.string());
    ours_ = flock(file_, LOCK_EX | LOCK_NB) == 0;
}

ShareLock::~ShareLock() {
    close(file_);
}

}  // namespace stereo
