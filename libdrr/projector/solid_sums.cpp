#include "solid_sums.hpp"

#include <drr/core/parallel.hpp>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace drr {
namespace {

/// The lengths of a row of pixels, into row n of the images, and the samples of those at edges and
/// within dense shadows.
template <class T>
void sum_row(const SolidRays<T>& rays, LightRows<T>& light_rows, int row, int n,
             std::vector<Image<float>>& means, RowSamples& edges, RowSamples& insides) {
    const std::size_t channels = means.size();
    const LineSums<T>* const light = rays.light_lengths(light_rows, row);
    const auto light_in = [&](std::size_t c) { return light ? (*light)[c] : nullptr; };
    for (std::size_t c = 0; c < channels; ++c)
        if (const T* const sums = light_in(c))
            std::transform(sums, sums + means[c].width(), means[c].row(n),
                           [](T sum) { return static_cast<float>(sum); });
    const auto take = [&](PixelRays<T>& dense, int pixel, int column, RowSamples& to) {
        const auto light_mm = [&](std::size_t c) {
            return light_in(c) ? light_in(c)[column] : T{0};
        };
        bool varies = false;
        for (std::size_t c = 0; c < channels; ++c) {
            const std::span<const T> samples = dense.of(pixel, c);
            if (samples.empty()) continue;
            const T sum = std::accumulate(samples.begin(), samples.end(), T{0});
            means[c](column, n) =
                static_cast<float>(light_mm(c) + sum / static_cast<T>(samples.size()));
            varies |= std::any_of(samples.begin(), samples.end(),
                                  [&](T length) { return length != samples.front(); });
        }
        if (!varies) return;
        to.pixels.push_back({column, n});
        for (std::size_t c = 0; c < channels; ++c) {
            const T beside = light_mm(c);
            std::vector<float>& all = to.samples[c];
            all.resize(all.size() + dense.rays(), static_cast<float>(beside));
            const std::span<const T> samples = dense.of(pixel, c);
            std::transform(samples.begin(), samples.end(),
                           all.end() - static_cast<std::ptrdiff_t>(samples.size()),
                           [beside](T length) { return static_cast<float>(beside + length); });
        }
    };
    for (const SolidRun& run : rays.dense_runs(row)) {
        const std::vector<bool> at_edge = rays.edge_columns(run, row);
        PixelRays<T> inside = rays.inside_lengths(run, row);
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
            PixelRays<T> cells = rays.edge_lengths(run, part, row);
            for (; column < part.last; ++column)
                take(cells, column - part.first, column, edges);
        }
    }
}

}  // namespace

SolidSums::SolidSums(std::vector<std::string> channels, std::span<const WeightedSolid> solids,
                     const XrayView& view, const AnalyticOptions& options)
    : channels_(std::move(channels)), width_(view.width_px) {
    if (options.single_precision)
        rays_.emplace<SolidRays<float>>(solids, channels_.size(), view, options);
    else
        rays_.emplace<SolidRays<double>>(solids, channels_.size(), view, options);
}

PathLengths SolidSums::rows(RowRange rows) const {
    const std::size_t count = channels_.size();
    PathLengths result;
    result.materials = channels_;
    for (std::size_t c = 0; c < count; ++c)
        result.mean_mm.emplace_back(width_, rows.count());
    const auto rows_count = static_cast<std::size_t>(rows.count());
    const RowSamples none{{}, std::vector<std::vector<float>>(count)};
    std::vector<RowSamples> edges(rows_count, none), insides(rows_count, none);
    constexpr int band_rows = SolidsByBand::band_rows;
    const int first_band = rows.first / band_rows;
    const int bands = (rows.last + band_rows - 1) / band_rows - first_band;
    const auto sum = [&](const auto& rays) {
        parallel_for(static_cast<std::size_t>(bands), [&](std::size_t band) {
            const int first = (first_band + static_cast<int>(band)) * band_rows;
            const RowRange of_band{std::max(first, rows.first),
                                   std::min(first + band_rows, rows.last)};
            auto light = rays.light_rows(of_band);
            for (int row = of_band.first; row < of_band.last; ++row) {
                const int n = row - rows.first;
                sum_row(rays, light, row, n, result.mean_mm, edges[static_cast<std::size_t>(n)],
                        insides[static_cast<std::size_t>(n)]);
            }
        });
        collect(edges, rays.edge_samples(), count, result.sampled);
        collect(insides, rays.inside_samples(), count, result.sampled);
    };
    if (const auto* const rays = std::get_if<SolidRays<float>>(&rays_))
        sum(*rays);
    else
        sum(std::get<SolidRays<double>>(rays_));
    return result;
}

}  // namespace drr
