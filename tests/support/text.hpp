#pragma once

#include "test.hpp"

#include <drr/core/error.hpp>

#include <functional>
#include <string>

namespace test {

/// A file's text with its first `from` changed to `to`; a text without any fails the test, which
/// would else check nothing.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, "nothing to replace: " << from);
    return text.replace(at, from.size(), to);
}

/// The message of the drr::Error that `action` ends with; "no error" where it ends without.
inline std::string error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const drr::Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace test
