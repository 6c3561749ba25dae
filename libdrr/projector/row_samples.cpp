#include "row_samples.hpp"

#include <algorithm>

namespace drr {

void collect(const std::vector<RowSamples>& rows, int rays, std::size_t channels,
             std::vector<SampledPixels>& groups) {
    std::size_t count = 0;
    for (const RowSamples& row : rows)
        count += row.pixels.size();
    if (count == 0) return;
    SampledPixels& group = groups.emplace_back();
    for (const RowSamples& row : rows)
        group.pixels.insert(group.pixels.end(), row.pixels.begin(), row.pixels.end());
    for (std::size_t c = 0; c < channels; ++c) {
        Image<float>& samples = group.samples_mm.emplace_back(rays, static_cast<int>(count));
        auto next = samples.pixels().begin();
        for (const RowSamples& row : rows)
            next = std::copy(row.samples[c].begin(), row.samples[c].end(), next);
    }
}

}  // namespace drr
