#include "inputs/colon_numbers.hpp"

#include <drr/core/error.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

namespace tools {

std::vector<double> colon_numbers(const std::string& text, const std::string& option,
                                  const std::string& expected) {
    const auto count = 1 + std::count(expected.begin(), expected.end(), ':');
    std::vector<double> numbers;
    bool good = std::count(text.begin(), text.end(), ':') + 1 == count;
    std::istringstream stream(text);
    for (std::string part; good && std::getline(stream, part, ':');) {
        const char* const end = part.data() + part.size();
        const auto [next, error] = std::from_chars(part.data(), end, numbers.emplace_back());
        good = error == std::errc{} && next == end && std::isfinite(numbers.back());
    }
    if (!good || static_cast<std::ptrdiff_t>(numbers.size()) != count)
        throw drr::Error(drr::ErrorCode::usage,
                         "'" + text + "' was given, expected numbers " + expected, option);
    return numbers;
}

}  // namespace tools
