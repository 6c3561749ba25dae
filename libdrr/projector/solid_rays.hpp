#pragma once

#include "line_sums.hpp"
#include "row_samples.hpp"
#include "seen_solids.hpp"

#include <vector>

namespace drr {

/// The light solids that some rows of a band meet, and room for their lengths in one row at a time.
template <class T>
struct LightRows {
    int first_row;
    std::vector<GroupedSpans<T>> spans;  ///< of each row
    LineSums<T> sums;
};

/// Lengths through a view's solids on the rays of a row of pixels: one through the middle of each
/// for light solids, several over its area for dense ones. In numbers of type T, float or double.
template <class T>
class SolidRays {
  public:
    SolidRays(std::span<const WeightedSolid> solids, std::size_t channels, const XrayView& view,
              const AnalyticOptions& options);

    /// Of rows of one band.
    [[nodiscard]] LightRows<T> light_rows(RowRange rows) const;
    /// The light solids on the rays through the middles of a row's pixels, until the next row's are
    /// asked for; nothing where it meets none.
    [[nodiscard]] const LineSums<T>* light_lengths(LightRows<T>& rows, int row) const;
    [[nodiscard]] std::vector<SolidRun> dense_runs(int row) const { return seen_.dense_runs(row); }
    /// Whether the edge of a shadow can cross a pixel, for each column of the run.
    [[nodiscard]] std::vector<bool> edge_columns(const SolidRun& run, int row) const;
    /// The dense solids on the rays of each pixel of a run, as if all were within shadows.
    [[nodiscard]] PixelRays<T> inside_lengths(const SolidRun& run, int row) const;
    /// And in the cells of pixels at edges.
    [[nodiscard]] PixelRays<T> edge_lengths(const SolidRun& run, PixelRange part, int row) const;

    [[nodiscard]] int edge_samples() const { return samples_ * samples_; }
    [[nodiscard]] int inside_samples() const { return rays_within_ * rays_within_; }

  private:
    [[nodiscard]] RayLine line(double column, double row, double step_px) const;
    /// Adds the chords of spans to their sums along a line.
    void add(const RayLine& line, const GroupedSpans<T>& spans) const;

    XrayView view_;
    std::size_t channels_;
    int samples_, rays_within_;
    ChannelsUsed light_channels_;
    SeenSolids seen_;
};

}  // namespace drr
