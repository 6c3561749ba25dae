#pragma once

namespace tools {

/// The least of 1, 2 and 5 times the powers of ten that is not below `least`, which is positive:
/// the length that a scale bar stands for.
[[nodiscard]] double round_length(double least);

}  // namespace tools
