#pragma once

#include "chord_row.hpp"
#include "shadow.hpp"
#include "weighted_solid.hpp"

#include <drr/geometry/xray_view.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace drr {

/// Forms of one kind with parallel axes: what their chords need of a ray's direction is the same.
struct SolidGroup {
    Form form;
    Eigen::Matrix3d group_from_view;
};

/// A solid as one view sees it.
struct SeenSolid {
    std::size_t group;
    Shadow shadow;
    std::size_t channel;
    SeenForm form;
};

/// Solids by group, and which of them each band of rows of pixels can meet: rows of a band are
/// done together, so that a solid is fetched from memory once for all of them.
class SolidsByBand {
  public:
    static constexpr int band_rows = 16;

    SolidsByBand() = default;
    SolidsByBand(const std::vector<SeenSolid>& solids, int rows);

    [[nodiscard]] const SeenSolid& operator[](std::size_t number) const { return solids_[number]; }
    /// Their numbers, ascending.
    [[nodiscard]] std::span<const std::uint32_t> in_band_of(int row) const {
        const auto n = static_cast<std::size_t>(row / band_rows);
        return std::span(by_band_).subspan(first_of_band_[n],
                                           first_of_band_[n + 1] - first_of_band_[n]);
    }

  private:
    std::vector<SeenSolid> solids_;
    std::vector<std::size_t> first_of_band_;  ///< in by_band_; one more than bands
    std::vector<std::uint32_t> by_band_;
};

/// Solids whose intervals of columns in a row touch, by group.
struct SolidRun {
    PixelRange columns;
    std::vector<std::pair<const SeenSolid*, PixelRange>> solids;
};

/// All solids that a view sees.
struct SeenSolids {
    std::vector<SolidGroup> groups;
    SolidsByBand light, dense;

    /// Of the dense solids, from left to right.
    [[nodiscard]] std::vector<SolidRun> dense_runs(int row) const;
};

/// Without `sample_dense` none counts as dense.
[[nodiscard]] SeenSolids see_solids(std::span<const WeightedSolid> solids, const XrayView& view,
                                    bool sample_dense);

}  // namespace drr
