#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

namespace drr {

/// The finite numbers of a text, apart by white space or commas; lines that begin with # are left
/// out. Nothing when the text holds anything else.
[[nodiscard]] inline std::optional<std::vector<double>> numbers_of_text(std::string_view text) {
    constexpr std::string_view separators = " \t\r\n,";
    std::vector<double> numbers;
    for (std::size_t at = 0; (at = text.find_first_not_of(separators, at)) != text.npos;) {
        if (text[at] == '#' && (at == 0 || text[at - 1] == '\n')) {
            at = std::min(text.find('\n', at), text.size());
            continue;
        }
        const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
        if (text[at] == '+') ++at;  // which from_chars does not take
        double value = 0.0;
        const auto [stop, error] = std::from_chars(text.data() + at, text.data() + end, value);
        if (error != std::errc() || stop != text.data() + end || !std::isfinite(value))
            return std::nullopt;
        numbers.push_back(value);
        at = end;
    }
    return numbers;
}

}  // namespace drr
