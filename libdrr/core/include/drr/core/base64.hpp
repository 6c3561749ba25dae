#pragma once

#include <string>
#include <string_view>

namespace drr {

/// Bytes as text in Base64 (RFC 4648, section 4), padded, without line breaks: how data stands in
/// a page.
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace drr
