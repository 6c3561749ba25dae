#pragma once

#include <string>
#include <vector>

namespace tools {

/// The finite numbers of an option such as 0:360:1. Throws Error(usage) that names `option` and
/// what was expected, e.g. START:STOP:STEP, unless there are as many as in `expected`.
[[nodiscard]] std::vector<double> colon_numbers(const std::string& text, const std::string& option,
                                                const std::string& expected);

}  // namespace tools
