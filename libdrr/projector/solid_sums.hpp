#pragma once

#include "seen_solids.hpp"
#include "solid_rays.hpp"
#include "weighted_solid.hpp"

#include <drr/geometry/xray_view.hpp>
#include <drr/projector/path_lengths.hpp>

#include <span>
#include <string>
#include <variant>
#include <vector>

namespace drr {

/// The weighted lengths through solids as a view sees them, a channel in each place of a material.
/// Options and shapes are valid.
class SolidSums {
  public:
    SolidSums(std::vector<std::string> channels, std::span<const WeightedSolid> solids,
              const XrayView& view, const AnalyticOptions& options);

    /// Of these rows, as images of their own.
    [[nodiscard]] PathLengths rows(RowRange rows) const;

  private:
    std::vector<std::string> channels_;
    int width_;
    std::variant<std::monostate, SolidRays<float>, SolidRays<double>> rays_;
};

}  // namespace drr
