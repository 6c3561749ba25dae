#pragma once

#include <span>

namespace drr {

/// A weight, and two rows of numbers that it counts for.
struct WeightedPair {
    float weight;
    const float* a;
    const float* b;
};

/// out[u] = the sum over the pairs of weight (a[u] + b[u]).
void sum_pairs(std::span<const WeightedPair> pairs, std::span<float> out);

}  // namespace drr
