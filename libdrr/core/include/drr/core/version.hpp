#pragma once

namespace drr {

/// The version of StereoDRR, e.g. "0.1.0".
[[nodiscard]] const char* version() noexcept;

/// The git commit that this was built from, with "-dirty" for uncommitted changes; "unknown"
/// outside a checkout.
[[nodiscard]] const char* git_commit() noexcept;

}  // namespace drr
