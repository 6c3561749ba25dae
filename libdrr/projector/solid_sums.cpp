#include "solid_sums.hpp"

#include "chord_row.hpp"
#include "line_sums.hpp"
#include "row_samples.hpp"
#include "shadow.hpp"

#include <drr/core/parallel.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <numeric>
#include <utility>
#include <variant>

namespace drr {
namespace {

/// Forms of one kind with parallel axes: what their chords need of a ray's direction is the same.
struct Group {
    Form form;
    Eigen::Matrix3d group_from_view;
};

/// A solid as one view sees it.
struct SeenSolid {
    std::size_t group;
    Shadow shadow;
    std::size_t channel;
    ChordSpan chord;  ///< without rays and sums
};

/// Solids by group, and which of them each row of pixels can meet.
struct SeenSolids {
    std::vector<SeenSolid> solids;
    std::vector<std::size_t> first_of_row;  ///< in `by_row`; one more than rows
    std::vector<std::uint32_t> by_row;

    [[nodiscard]] std::span<const std::uint32_t> in_row(int row) const {
        const auto n = static_cast<std::size_t>(row);
        return std::span(by_row).subspan(first_of_row[n], first_of_row[n + 1] - first_of_row[n]);
    }

    void sort(int rows) {
        std::stable_sort(solids.begin(), solids.end(),
                         [](const SeenSolid& a, const SeenSolid& b) { return a.group < b.group; });
        first_of_row.assign(static_cast<std::size_t>(rows) + 1, 0);
        const auto for_each_row = [&](auto&& visit) {
            for (std::size_t n = 0; n < solids.size(); ++n)
                for (int row = solids[n].shadow.rows().first; row < solids[n].shadow.rows().last;
                     ++row)
                    visit(n, static_cast<std::size_t>(row));
        };
        for_each_row([&](std::size_t, std::size_t row) { ++first_of_row[row + 1]; });
        std::partial_sum(first_of_row.begin(), first_of_row.end(), first_of_row.begin());
        by_row.resize(first_of_row.back());
        std::vector<std::size_t> next = first_of_row;
        for_each_row([&](std::size_t n, std::size_t row) {
            by_row[next[row]++] = static_cast<std::uint32_t>(n);
        });
    }
};

/// Where rays cross pixels within a shadow, along either side: the two points of Gauss and Legendre
/// (exact for cubic lengths, and of equal weight) in each half of the pixel.
constexpr double gauss = 0.28867513459481287 / 2.0;
constexpr std::array<double, 4> gauss_points{-0.25 - gauss, -0.25 + gauss, 0.25 - gauss,
                                             0.25 + gauss};
constexpr int inside_rays = 16;

/// Rays along either side of one of the n x n cells of a pixel at an edge. A cell is so small that
/// the mean length in it gives the intensity, and the mean is what needs rays: it begins like a
/// square root.
constexpr int cell_side = 3;

class SolidView {
  public:
    SolidView(std::span<const WeightedSolid> solids, std::size_t channels, const XrayView& view,
              int samples_per_pixel)
        : view_(view), channels_(channels), samples_(samples_per_pixel) {
        std::map<std::array<double, 5>, std::size_t> known;
        for (const WeightedSolid& solid : solids) {
            SeenSolid seen = see(solid, known);
            if (seen.shadow.rows().empty()) continue;
            (solid.dense && samples_ > 1 ? dense_ : light_).solids.push_back(std::move(seen));
        }
        light_.sort(view.height_px);
        dense_.sort(view.height_px);
    }

    /// The lengths of a row of pixels, and the samples of those at edges and within dense shadows.
    void sum_row(int row, std::vector<Image<float>>& means, RowSamples& edges,
                 RowSamples& insides) const;

    [[nodiscard]] int edge_samples() const { return samples_ * samples_; }

  private:
    /// Solids whose intervals of columns in a row touch.
    struct Run {
        PixelRange columns;
        std::vector<std::pair<const SeenSolid*, PixelRange>> solids;
    };

    [[nodiscard]] SeenSolid see(const WeightedSolid& solid,
                                std::map<std::array<double, 5>, std::size_t>& known);
    [[nodiscard]] RayLine line(double column, double row, double step_px) const;
    /// Adds the chords of spans to the sums of a line of `count` rays, and makes mm of the sums.
    void add(const RayLine& line, int count, const GroupedSpans& spans, const LineSums& sums) const;
    void add_chords_of(const GroupedSpans& spans, const RayLine& line) const;
    /// The light solids on the rays through the middles of a row's pixels.
    [[nodiscard]] LineSums light_lengths(int row) const;
    [[nodiscard]] std::vector<Run> dense_runs(int row) const;
    [[nodiscard]] std::vector<bool> edge_columns(const Run& run, int row) const;
    /// The dense solids on the rays of each pixel of a run, as if all were within shadows.
    [[nodiscard]] PixelRays inside_lengths(const Run& run, int row) const;
    /// And in the cells of pixels at edges.
    [[nodiscard]] PixelRays edge_lengths(const Run& run, PixelRange part, int row) const;
    static GroupedSpans spans_of(const Run& run, int step_parts, PixelRange part,
                                 const LineSums& sums);

    const XrayView& view_;
    std::size_t channels_;
    int samples_;
    std::vector<Group> groups_;
    SeenSolids light_, dense_;
};

SeenSolid SolidView::see(const WeightedSolid& solid,
                         std::map<std::array<double, 5>, std::size_t>& known) {
    const Rigid3 view_from_shape = view_.view_from_world * solid.shape.parent_from_shape;
    ChordSpan chord{};
    chord.weight = solid.weight;
    Form form = Form::sphere;
    Eigen::Quaterniond turn = view_from_shape.rotation;
    if (const auto* sphere = std::get_if<Sphere>(&solid.shape.form)) {
        chord.half_mm.setConstant(sphere->radius_mm);
        turn.setIdentity();  // all balls are parallel
    } else {
        form = std::holds_alternative<Box>(solid.shape.form) ? Form::box : Form::cylinder;
        chord.half_mm = half_extent_mm(solid.shape);
    }
    chord.source_mm = -(turn.conjugate() * view_from_shape.translation_mm);
    const auto [found, is_new] = known.try_emplace(
        {static_cast<double>(form), turn.x(), turn.y(), turn.z(), turn.w()}, groups_.size());
    if (is_new) groups_.push_back({form, turn.conjugate().toRotationMatrix()});
    return {found->second, Shadow(solid.shape, view_), solid.channel, chord};
}

/// The line along a row that begins at a place in pixels.
RayLine SolidView::line(double column, double row, double step_px) const {
    return {view_.pixel_in_view_mm({column, row}), {step_px * view_.pixel_pitch_mm.x(), 0.0, 0.0}};
}

void SolidView::add_chords_of(const GroupedSpans& spans, const RayLine& line) const {
    spans.for_each_group([&](std::size_t group, std::span<const ChordSpan> of_group) {
        const auto& turn = groups_[group].group_from_view;
        add_chords(groups_[group].form, {turn * line.start_mm, turn * line.step_mm}, of_group);
    });
}

void SolidView::add(const RayLine& line, int count, const GroupedSpans& spans,
                    const LineSums& sums) const {
    if (spans.empty()) return;
    add_chords_of(spans, line);
    scale_by_ray_length(line, count, sums.rows());
}

std::vector<SolidView::Run> SolidView::dense_runs(int row) const {
    std::vector<std::pair<const SeenSolid*, PixelRange>> met;
    for (const std::uint32_t n : dense_.in_row(row)) {
        const PixelRange columns = dense_.solids[n].shadow.columns(row);
        if (!columns.empty()) met.emplace_back(&dense_.solids[n], columns);
    }
    std::stable_sort(met.begin(), met.end(),
                     [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
    std::vector<Run> runs;
    for (const auto& [solid, columns] : met) {
        if (runs.empty() || columns.first >= runs.back().columns.last)
            runs.push_back({columns, {}});
        runs.back().columns.last = std::max(runs.back().columns.last, columns.last);
        runs.back().solids.emplace_back(solid, columns);
    }
    for (Run& run : runs)
        std::stable_sort(run.solids.begin(), run.solids.end(), [](const auto& a, const auto& b) {
            return a.first->group < b.first->group;
        });
    return runs;
}

/// The dense solids of a run on lines that begin in `part` of its columns, `step_parts` rays a
/// pixel.
GroupedSpans SolidView::spans_of(const Run& run, int step_parts, PixelRange part,
                                 const LineSums& sums) {
    GroupedSpans spans;
    for (const auto& [solid, columns] : run.solids) {
        ChordSpan span = solid->chord;
        span.first = step_parts * (std::max(columns.first, part.first) - part.first);
        span.last = step_parts * (std::min(columns.last, part.last) - part.first);
        span.sums = sums[solid->channel];
        if (span.first < span.last) spans.push_back(solid->group, span);
    }
    return spans;
}

/// Whether the edge of a shadow can cross a pixel. Shadows are convex: a pixel is within one when
/// its corners are.
std::vector<bool> SolidView::edge_columns(const Run& run, int row) const {
    const int count = run.columns.last - run.columns.first;
    std::vector<bool> edges(static_cast<std::size_t>(count), false);
    const LineSums above(1, count + 1), below(1, count + 1);
    for (const auto& [solid, columns] : run.solids) {
        const int first = columns.first - run.columns.first;
        const int last = columns.last - run.columns.first;
        for (const auto& [corners, v] : {std::pair{&above, row - 0.5}, {&below, row + 0.5}}) {
            ChordSpan span = solid->chord;
            span.weight = 1.0;
            span.first = first;
            span.last = last + 1;
            span.sums = (*corners)[0];
            std::fill_n(span.sums, padded(count + 1), 0.0);
            GroupedSpans spans;
            spans.push_back(solid->group, span);
            add_chords_of(spans, line(run.columns.first - 0.5, v, 1.0));
        }
        for (int u = first; u < last; ++u)
            if (std::min({above[0][u], above[0][u + 1], below[0][u], below[0][u + 1]}) <= 0.0)
                edges[static_cast<std::size_t>(u)] = true;
    }
    return edges;
}

LineSums SolidView::light_lengths(int row) const {
    LineSums light(channels_, view_.width_px);
    GroupedSpans spans;
    for (const std::uint32_t n : light_.in_row(row)) {
        const SeenSolid& solid = light_.solids[n];
        const PixelRange columns = solid.shadow.columns(row);
        if (columns.empty()) continue;
        ChordSpan span = solid.chord;
        span.first = columns.first;
        span.last = columns.last;
        span.sums = light[solid.channel];
        spans.push_back(solid.group, span);
    }
    add(line(0.0, row, 1.0), view_.width_px, spans, light);
    return light;
}

PixelRays SolidView::inside_lengths(const Run& run, int row) const {
    const int count = run.columns.last - run.columns.first;
    PixelRays rays(channels_, inside_rays, count);
    LineSums sums(channels_, count);
    const GroupedSpans spans = spans_of(run, 1, run.columns, sums);
    std::size_t ray = 0;
    for (const double v : gauss_points)
        for (const double u : gauss_points) {
            sums.clear();
            add(line(run.columns.first + u, row + v, 1.0), count, spans, sums);
            for (std::size_t c = 0; c < channels_; ++c)
                for (int pixel = 0; pixel < count; ++pixel)
                    rays.of(pixel, c)[ray] = sums[c][pixel];
            ++ray;
        }
    return rays;
}

PixelRays SolidView::edge_lengths(const Run& run, PixelRange part, int row) const {
    const int count = part.last - part.first;
    const int side = samples_ * cell_side;  // rays along the side of a pixel
    const auto place = [side](int n) { return (n + 0.5) / side - 0.5; };
    constexpr double share = 1.0 / (cell_side * cell_side);
    PixelRays cells(channels_, edge_samples(), count);
    LineSums sums(channels_, side * count);
    const GroupedSpans spans = spans_of(run, side, part, sums);
    for (int j = 0; j < side; ++j) {
        sums.clear();
        add(line(part.first + place(0), row + place(j), 1.0 / side), side * count, spans, sums);
        const auto first = static_cast<std::size_t>(j / cell_side * samples_);
        for (std::size_t c = 0; c < channels_; ++c) {
            const double* ray = sums[c];
            for (int pixel = 0; pixel < count; ++pixel)
                for (double& cell :
                     cells.of(pixel, c).subspan(first, static_cast<std::size_t>(samples_))) {
                    cell += share * std::accumulate(ray, ray + cell_side, 0.0);
                    ray += cell_side;
                }
        }
    }
    return cells;
}

void SolidView::sum_row(int row, std::vector<Image<float>>& means, RowSamples& edges,
                        RowSamples& insides) const {
    const LineSums light = light_lengths(row);
    for (std::size_t c = 0; c < channels_; ++c)
        std::transform(light[c], light[c] + view_.width_px, means[c].row(row),
                       [](double sum) { return static_cast<float>(sum); });
    const auto take = [&](PixelRays& dense, int pixel, int column, RowSamples& to) {
        bool varies = false;
        for (std::size_t c = 0; c < channels_; ++c) {
            const std::span<const double> rays = dense.of(pixel, c);
            const double sum = std::accumulate(rays.begin(), rays.end(), 0.0);
            means[c](column, row) =
                static_cast<float>(light[c][column] + sum / static_cast<double>(rays.size()));
            varies |= std::any_of(rays.begin(), rays.end(),
                                  [&](double length) { return length != rays.front(); });
        }
        if (!varies) return;
        to.pixels.push_back({column, row});
        for (std::size_t c = 0; c < channels_; ++c)
            std::transform(dense.of(pixel, c).begin(), dense.of(pixel, c).end(),
                           std::back_inserter(to.samples[c]), [&](double length) {
                               return static_cast<float>(light[c][column] + length);
                           });
    };
    for (const Run& run : dense_runs(row)) {
        const std::vector<bool> at_edge = edge_columns(run, row);
        PixelRays inside = inside_lengths(run, row);
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
            PixelRays cells = edge_lengths(run, part, row);
            for (; column < part.last; ++column)
                take(cells, column - part.first, column, edges);
        }
    }
}

}  // namespace

PathLengths sum_solids(std::vector<std::string> channels, std::span<const WeightedSolid> solids,
                       const XrayView& view, int samples_per_pixel) {
    const std::size_t count = channels.size();
    const SolidView seen(solids, count, view, samples_per_pixel);
    PathLengths result;
    result.materials = std::move(channels);
    result.mean_mm.assign(count, Image<float>(view.width_px, view.height_px));
    const auto rows = static_cast<std::size_t>(view.height_px);
    const RowSamples none{{}, std::vector<std::vector<float>>(count)};
    std::vector<RowSamples> edges(rows, none), insides(rows, none);
    parallel_for(rows, [&](std::size_t row) {
        seen.sum_row(static_cast<int>(row), result.mean_mm, edges[row], insides[row]);
    });
    collect(edges, seen.edge_samples(), count, result.sampled);
    collect(insides, inside_rays, count, result.sampled);
    return result;
}

}  // namespace drr
