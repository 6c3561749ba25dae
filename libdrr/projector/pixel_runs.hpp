#pragma once

#include <drr/core/parallel.hpp>

#include <algorithm>
#include <cstddef>

namespace drr {

/// Calls `project(u, v, count)` in parallel for the pixels of an image in runs of up to `run` of a
/// row, from column u on. The runs of a square follow one another: neighbouring rays share voxels,
/// so it works from the cache.
template <class Project>
void for_each_pixel_run(int width, int height, int run, const Project& project) {
    const int across = (width + run - 1) / run, down = (height + run - 1) / run;
    parallel_for(static_cast<std::size_t>(across * down), [&](std::size_t index) {
        const int square = static_cast<int>(index);
        const int u = square % across * run, v_first = square / across * run;
        for (int v = v_first; v < std::min(v_first + run, height); ++v)
            project(u, v, std::min(run, width - u));
    });
}

}  // namespace drr
