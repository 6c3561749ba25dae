#include "git_commit.hpp"

#include <drr/core/version.hpp>

namespace drr {

const char* version() noexcept {
    return STEREODRR_VERSION;
}

const char* git_commit() noexcept {
    return STEREODRR_GIT_COMMIT;
}

}  // namespace drr
