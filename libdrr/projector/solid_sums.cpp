#include "solid_sums.hpp"

#include <drr/core/parallel.hpp>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>

namespace drr {
namespace {

/// The lengths of a row of pixels, into row n of the images, and the samples of those at edges and
/// within dense shadows.
void sum_row(const SolidRays& rays, int first_row, int n, std::vector<Image<float>>& means,
             RowSamples& edges, RowSamples& insides) {
    const std::size_t channels = means.size();
    const int row = first_row + n;
    const std::optional<LineSums> light = rays.light_lengths(row);
    const auto light_in = [&](std::size_t c) { return light ? (*light)[c] : nullptr; };
    for (std::size_t c = 0; c < channels; ++c)
        if (const double* const sums = light_in(c))
            std::transform(sums, sums + means[c].width(), means[c].row(n),
                           [](double sum) { return static_cast<float>(sum); });
    const auto take = [&](PixelRays& dense, int pixel, int column, RowSamples& to) {
        const auto light_mm = [&](std::size_t c) {
            return light_in(c) ? light_in(c)[column] : 0.0;
        };
        bool varies = false;
        for (std::size_t c = 0; c < channels; ++c) {
            const std::span<const double> samples = dense.of(pixel, c);
            if (samples.empty()) continue;
            const double sum = std::accumulate(samples.begin(), samples.end(), 0.0);
            means[c](column, n) =
                static_cast<float>(light_mm(c) + sum / static_cast<double>(samples.size()));
            varies |= std::any_of(samples.begin(), samples.end(),
                                  [&](double length) { return length != samples.front(); });
        }
        if (!varies) return;
        to.pixels.push_back({column, n});
        for (std::size_t c = 0; c < channels; ++c) {
            const double beside = light_mm(c);
            std::vector<float>& all = to.samples[c];
            all.resize(all.size() + dense.rays(), static_cast<float>(beside));
            const std::span<const double> samples = dense.of(pixel, c);
            std::transform(samples.begin(), samples.end(),
                           all.end() - static_cast<std::ptrdiff_t>(samples.size()),
                           [beside](double length) { return static_cast<float>(beside + length); });
        }
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

PathLengths SolidSums::rows(RowRange rows) const {
    const std::size_t count = channels_.size();
    PathLengths result;
    result.materials = channels_;
    for (std::size_t c = 0; c < count; ++c)
        result.mean_mm.emplace_back(width_, rows.count());
    const auto rows_count = static_cast<std::size_t>(rows.count());
    const RowSamples none{{}, std::vector<std::vector<float>>(count)};
    std::vector<RowSamples> edges(rows_count, none), insides(rows_count, none);
    parallel_for(rows_count, [&](std::size_t n) {
        sum_row(rays_, rows.first, static_cast<int>(n), result.mean_mm, edges[n], insides[n]);
    });
    collect(edges, rays_.edge_samples(), count, result.sampled);
    collect(insides, rays_.inside_samples(), count, result.sampled);
    return result;
}

}  // namespace drr
