#pragma once

#include <string>

namespace stereo {

/// A text as a gzip file (RFC 1952), as zlib packs by default.
[[nodiscard]] std::string gzip(std::string text);

}  // namespace stereo
