#pragma once

#include <drr/core/image.hpp>

#include <cmath>

namespace test {

/// Mean and variance of the values of an image.
struct Moments {
    double mean = 0.0;
    double variance = 0.0;
};

template <class T>
Moments moments(const drr::Image<T>& image) {
    const auto n = static_cast<double>(image.size());
    Moments m;
    for (const T value : image.pixels())
        m.mean += static_cast<double>(value) / n;
    for (const T value : image.pixels())
        m.variance += std::pow(static_cast<double>(value) - m.mean, 2.0) / n;
    return m;
}

}  // namespace test
