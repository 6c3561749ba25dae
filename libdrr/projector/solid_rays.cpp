#include "solid_rays.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace drr {
namespace {

/// Where rays cross pixels within a shadow, along either side: the two points of Gauss and Legendre
/// in each of `count` / 2 stretches.
std::vector<double> gauss_points(int count) {
    constexpr double off_middle = 0.28867513459481287;  // of a stretch of 1: 1 / sqrt(12)
    std::vector<double> points;
    const int stretches = count / 2;
    for (int n = 0; n < stretches; ++n)
        for (const double off : {-off_middle, off_middle})
            points.push_back((n + 0.5 + off) / stretches - 0.5);
    return points;
}

/// Rays along either side of one of the n x n cells of a pixel at an edge. A cell is so small that
/// the mean length in it gives the intensity, and the mean is what needs rays: it begins like a
/// square root.
constexpr int cell_side = 3;

/// The dense solids of a run on lines that begin in `part` of its columns, `step_parts` rays a
/// pixel.
template <class T>
GroupedSpans<T> spans_of(const SolidRun& run, int step_parts, PixelRange part,
                         const LineSums<T>& sums) {
    GroupedSpans<T> spans;
    for (const auto& [solid, columns] : run.solids) {
        ChordSpan<T> span{&solid->form};
        span.first = step_parts * (std::max(columns.first, part.first) - part.first);
        span.last = step_parts * (std::min(columns.last, part.last) - part.first);
        span.sums = sums[solid->channel];
        if (span.first < span.last) spans.push_back(solid->group, span);
    }
    return spans;
}

ChannelsUsed channels_of(const SolidRun& run, std::size_t channels) {
    ChannelsUsed used(channels, false);
    for (const auto& [solid, columns] : run.solids)
        used[solid->channel] = true;
    return used;
}

}  // namespace

template <class T>
SolidRays<T>::SolidRays(std::span<const WeightedSolid> solids, std::size_t channels,
                        const XrayView& view, const AnalyticOptions& options)
    : view_(view),
      channels_(channels),
      samples_(options.samples_per_pixel),
      rays_within_(options.rays_within),
      light_channels_(channels, false),
      seen_(see_solids(solids, view, samples_ > 1)) {
    for (const WeightedSolid& solid : solids)
        if (!solid.dense || samples_ == 1) light_channels_[solid.channel] = true;
}

// The line along a row that begins at a place in pixels.
template <class T>
RayLine SolidRays<T>::line(double column, double row, double step_px) const {
    return {view_.pixel_in_view_mm({column, row}), {step_px * view_.pixel_pitch_mm.x(), 0.0, 0.0}};
}

template <class T>
void SolidRays<T>::add(const RayLine& line, const GroupedSpans<T>& spans) const {
    spans.for_each_group([&](std::size_t group, std::span<const ChordSpan<T>> of_group) {
        const auto& turn = seen_.groups[group].group_from_view;
        add_chords(seen_.groups[group].form, {turn * line.start_mm, turn * line.step_mm}, of_group);
    });
}

// Shadows are convex: a pixel is within one when its corners are.
template <class T>
std::vector<bool> SolidRays<T>::edge_columns(const SolidRun& run, int row) const {
    const int count = run.columns.last - run.columns.first;
    std::vector<bool> edges(static_cast<std::size_t>(count), false);
    const LineSums<T> above({true}, count + 1), below({true}, count + 1);
    for (const auto& [solid, columns] : run.solids) {
        const int first = columns.first - run.columns.first;
        const int last = columns.last - run.columns.first;
        SeenForm unweighted = solid->form;
        unweighted.weight = 1.0;
        for (const auto& [corners, v] : {std::pair{&above, row - 0.5}, {&below, row + 0.5}}) {
            ChordSpan<T> span{&unweighted};
            span.first = first;
            span.last = last + 1;
            span.sums = (*corners)[0];
            std::fill_n(span.sums, padded(count + 1), T{0});
            GroupedSpans<T> spans;
            spans.push_back(solid->group, span);
            add(line(run.columns.first - 0.5, v, 1.0), spans);
        }
        for (int u = first; u < last; ++u)
            if (std::min({above[0][u], above[0][u + 1], below[0][u], below[0][u + 1]}) <= T{0})
                edges[static_cast<std::size_t>(u)] = true;
    }
    return edges;
}

template <class T>
LightRows<T> SolidRays<T>::light_rows(RowRange rows) const {
    LightRows<T> result{rows.first,
                        std::vector<GroupedSpans<T>>(static_cast<std::size_t>(rows.count())),
                        LineSums<T>(light_channels_, view_.width_px)};
    for (const std::uint32_t n : seen_.light.in_band_of(rows.first)) {
        const SeenSolid& solid = seen_.light[n];
        const PixelRange of_solid = solid.shadow.rows();
        for (int row = std::max(rows.first, of_solid.first);
             row < std::min(rows.last, of_solid.last); ++row) {
            const PixelRange columns = solid.shadow.columns(row);
            if (columns.empty()) continue;
            result.spans[static_cast<std::size_t>(row - rows.first)].push_back(
                solid.group,
                {&solid.form, columns.first, columns.last, result.sums[solid.channel]});
        }
    }
    return result;
}

template <class T>
const LineSums<T>* SolidRays<T>::light_lengths(LightRows<T>& rows, int row) const {
    const GroupedSpans<T>& spans = rows.spans[static_cast<std::size_t>(row - rows.first_row)];
    if (spans.empty()) return nullptr;
    rows.sums.clear();
    add(line(0.0, row, 1.0), spans);
    return &rows.sums;
}

template <class T>
PixelRays<T> SolidRays<T>::inside_lengths(const SolidRun& run, int row) const {
    const int count = run.columns.last - run.columns.first;
    const ChannelsUsed used = channels_of(run, channels_);
    PixelRays<T> rays(used, inside_samples(), count);
    LineSums<T> sums(used, count);
    const GroupedSpans<T> spans = spans_of(run, 1, run.columns, sums);
    const std::vector<double> places = gauss_points(rays_within_);
    std::size_t ray = 0;
    for (const double v : places)
        for (const double u : places) {
            sums.clear();
            add(line(run.columns.first + u, row + v, 1.0), spans);
            for (std::size_t c = 0; c < channels_; ++c)
                for (int pixel = 0; used[c] && pixel < count; ++pixel)
                    rays.of(pixel, c)[ray] = sums[c][pixel];
            ++ray;
        }
    return rays;
}

template <class T>
PixelRays<T> SolidRays<T>::edge_lengths(const SolidRun& run, PixelRange part, int row) const {
    const int count = part.last - part.first;
    const int side = samples_ * cell_side;  // rays along the side of a pixel
    const auto place = [side](int n) { return (n + 0.5) / side - 0.5; };
    constexpr T share = T{1} / (cell_side * cell_side);
    const ChannelsUsed used = channels_of(run, channels_);
    PixelRays<T> cells(used, edge_samples(), count);
    LineSums<T> sums(used, side * count);
    const GroupedSpans<T> spans = spans_of(run, side, part, sums);
    for (int cell_row = 0; cell_row < samples_; ++cell_row) {
        sums.clear();
        for (int j = cell_row * cell_side; j < (cell_row + 1) * cell_side; ++j)
            add(line(part.first + place(0), row + place(j), 1.0 / side), spans);
        const auto first = static_cast<std::size_t>(cell_row * samples_);
        for (std::size_t c = 0; c < channels_; ++c) {
            const T* ray = sums[c];
            for (int pixel = 0; used[c] && pixel < count; ++pixel)
                for (T& cell :
                     cells.of(pixel, c).subspan(first, static_cast<std::size_t>(samples_))) {
                    cell = share * std::accumulate(ray, ray + cell_side, T{0});
                    ray += cell_side;
                }
        }
    }
    return cells;
}

template class SolidRays<float>;
template class SolidRays<double>;

}  // namespace drr
