#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace drr {

/// The value that `share` of the others do not exceed: of the sorted values the one at
/// share (n - 1), rounded down, without interpolation.
/// @param values at least one; pass an rvalue where they are not needed any more
/// @param share  0 (the smallest) to 1 (the largest)
template <typename T>
T percentile(std::vector<T> values, double share) {
    const auto nth = values.begin() +
                     static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), nth, values.end());
    return *nth;
}

/// The median; of an even number of values the upper one of the two in the middle.
/// @param values at least one; pass an rvalue where they are not needed any more
template <typename T>
T median(std::vector<T> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace drr
