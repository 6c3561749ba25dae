#include "solid_sums.hpp"

#include "solid_rays.hpp"

#include <drr/core/parallel.hpp>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace drr {
namespace {

/// The lengths of a row of pixels, and the samples of those at edges and within dense shadows.
void sum_row(const SolidRays& rays, int row, std::vector<Image<float>>& means, RowSamples& edges,
             RowSamples& insides) {
    const std::size_t channels = means.size();
    const LineSums light = rays.light_lengths(row);
    for (std::size_t c = 0; c < channels; ++c)
        std::transform(light[c], light[c] + means[c].width(), means[c].row(row),
                       [](double sum) { return static_cast<float>(sum); });
    const auto take = [&](PixelRays& dense, int pixel, int column, RowSamples& to) {
        bool varies = false;
        for (std::size_t c = 0; c < channels; ++c) {
            const std::span<const double> samples = dense.of(pixel, c);
            const double sum = std::accumulate(samples.begin(), samples.end(), 0.0);
            means[c](column, row) =
                static_cast<float>(light[c][column] + sum / static_cast<double>(samples.size()));
            varies |= std::any_of(samples.begin(), samples.end(),
                                  [&](double length) { return length != samples.front(); });
        }
        if (!varies) return;
        to.pixels.push_back({column, row});
        for (std::size_t c = 0; c < channels; ++c)
            std::transform(dense.of(pixel, c).begin(), dense.of(pixel, c).end(),
                           std::back_inserter(to.samples[c]), [&](double length) {
                               return static_cast<float>(light[c][column] + length);
                           });
    };
    for (const SolidRun& run : rays.dense_runs(row)) {
        const std::vector<bool> at_edge = rays.edge_columns(run, row);
        PixelRays inside = rays.inside_lengths(run, row);
        const auto edge = [&](int column) {
            return column < run.columns.last &&
                   at_edge[static_cast<std::size_t>(column - run.columns.first)];
        };
        for (int column = run.columns.first; column < run.columns.last;) {
            if (!edge(column)) {
                take(inside, column - run.columns.first, column, insides);
                ++column;
                continue;
            }
            PixelRange part{column, column};
            while (edge(part.last))
                ++part.last;
            PixelRays cells = rays.edge_lengths(run, part, row);
            for (; column < part.last; ++column)
                take(cells, column - part.first, column, edges);
        }
    }
}

}  // namespace

PathLengths sum_solids(std::vector<std::string> channels, std::span<const WeightedSolid> solids,
                       const XrayView& view, int samples_per_pixel) {
    const std::size_t count = channels.size();
    const SolidRays rays(solids, count, view, samples_per_pixel);
    PathLengths result;
    result.materials = std::move(channels);
    result.mean_mm.assign(count, Image<float>(view.width_px, view.height_px));
    const auto rows = static_cast<std::size_t>(view.height_px);
    const RowSamples none{{}, std::vector<std::vector<float>>(count)};
    std::vector<RowSamples> edges(rows, none), insides(rows, none);
    parallel_for(rows, [&](std::size_t row) {
        sum_row(rays, static_cast<int>(row), result.mean_mm, edges[row], insides[row]);
    });
    collect(edges, rays.edge_samples(), count, result.sampled);
    collect(insides, SolidRays::inside_samples(), count, result.sampled);
    return result;
}

}  // namespace drr
