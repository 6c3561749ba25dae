#include <drr/core/error.hpp>

namespace drr {

Error::Error(ErrorCode code, const std::string& message, const std::string& context)
    : std::runtime_error(context.empty() ? message : context + ": " + message),
      code_(code),
      message_(message),
      context_(context) {}

const char* name_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::usage:
            return "usage";
        case ErrorCode::invalid_file:
            return "invalid_file";
        case ErrorCode::io:
            return "io";
        case ErrorCode::unsupported:
            return "unsupported";
        case ErrorCode::internal:
            return "internal";
    }
    return "internal";
}

void require(bool condition, const std::string& message) {
    if (!condition) throw Error(ErrorCode::usage, message);
}

}  // namespace drr
