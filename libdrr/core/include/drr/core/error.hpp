#pragma once

#include <stdexcept>
#include <string>

namespace drr {

/// What went wrong, in the terms that a caller can act on. Tools map these to exit codes
/// (docs/conventions.md, "Error codes").
enum class ErrorCode {
    usage,         ///< an argument or option is out of its range
    invalid_file,  ///< a file was read but its content is not what was expected
    io,            ///< a file or folder cannot be read or written
    unsupported,   ///< valid input that this version does not handle
    internal,      ///< a bug in StereoDRR
};

/// The one exception of the libraries. Expected numerical outcomes (too few beads, no convergence)
/// are not errors: they are part of the results.
class Error : public std::runtime_error {
  public:
    /// `message` says what is wrong and what was expected; `context` where: a file, "file:line" or
    /// an option's name. what() reads "context: message".
    Error(ErrorCode code, const std::string& message, const std::string& context = {});

    [[nodiscard]] ErrorCode code() const noexcept { return code_; }
    [[nodiscard]] const std::string& message() const noexcept { return message_; }
    [[nodiscard]] const std::string& context() const noexcept { return context_; }

  private:
    ErrorCode code_;
    std::string message_;
    std::string context_;
};

/// The name of a code as it stands in messages and JSON, e.g. "invalid_file".
[[nodiscard]] const char* name_of(ErrorCode code) noexcept;

/// Throws Error(usage) with `message` unless `condition` holds; for validate() functions. Text that
/// is written out becomes a string only where it is thrown, so that it may stand in a loop over
/// pixels.
void require(bool condition, const std::string& message);
inline void require(bool condition, const char* message) {
    if (!condition) require(condition, std::string(message));
}

}  // namespace drr
