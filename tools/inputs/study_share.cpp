#include "inputs/study_share.hpp"

#include <drr/core/error.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

namespace tools {
namespace {

std::optional<std::size_t> whole_number(std::string_view text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::size_t> environment(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? std::nullopt : whole_number(text);
}

}  // namespace

stereo::StudyShare share_of(const std::string& text) {
    if (text.empty()) {
        for (const auto& [rank, size] : {std::pair("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
                                         std::pair("PMI_RANK", "PMI_SIZE")})
            if (const auto k = environment(rank), n = environment(size); k && n && *k < *n)
                return {*k, *n};
        return {};
    }
    const std::size_t slash = text.find('/');
    const std::string after = slash == std::string::npos ? "" : text.substr(slash + 1);
    const std::size_t k = whole_number(text.substr(0, slash)).value_or(0);
    const std::size_t n = whole_number(after).value_or(0);
    drr::require(k >= 1 && k <= n,
                 fmt::format("--share: K/N with K from 1 to N was expected, found '{}'", text));
    return {k - 1, n};
}

}  // namespace tools
