#include "seen_solids.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <variant>

namespace drr {
namespace {

/// A group by its form and the turn of its axes.
using KnownGroups = std::map<std::array<double, 5>, std::size_t>;

SeenSolid see(const WeightedSolid& solid, const XrayView& view, KnownGroups& known,
              std::vector<SolidGroup>& groups) {
    const Rigid3 view_from_shape = view.view_from_world * solid.shape.parent_from_shape;
    SeenForm seen;
    seen.weight = solid.weight;
    seen.near = view_from_shape.translation_mm.z() / view.sdd_mm;
    Form form = Form::sphere;
    Eigen::Quaterniond turn = view_from_shape.rotation;
    if (const auto* sphere = std::get_if<Sphere>(&solid.shape.form)) {
        seen.half_mm.setConstant(sphere->radius_mm);
        turn.setIdentity();  // all balls are parallel
    } else {
        form = std::holds_alternative<Box>(solid.shape.form) ? Form::box : Form::cylinder;
        seen.half_mm = half_extent_mm(solid.shape);
    }
    seen.source_mm = -(turn.conjugate() * view_from_shape.translation_mm);
    const auto [found, is_new] = known.try_emplace(
        {static_cast<double>(form), turn.x(), turn.y(), turn.z(), turn.w()}, groups.size());
    if (is_new) groups.push_back({form, turn.conjugate().toRotationMatrix()});
    return {found->second, Shadow(solid.shape, view), solid.channel, seen};
}

}  // namespace

SolidsByBand::SolidsByBand(const std::vector<SeenSolid>& solids, int rows)
    : first_of_band_(static_cast<std::size_t>((rows + band_rows - 1) / band_rows) + 1, 0) {
    std::vector<const SeenSolid*> by_group;  // half a kilobyte each is not for sorting
    for (const SeenSolid& solid : solids)
        by_group.push_back(&solid);
    std::stable_sort(by_group.begin(), by_group.end(),
                     [](const SeenSolid* a, const SeenSolid* b) { return a->group < b->group; });
    solids_.reserve(solids.size());
    for (const SeenSolid* const solid : by_group)
        solids_.push_back(*solid);
    const auto for_each_band = [&](auto&& visit) {
        for (std::size_t n = 0; n < solids_.size(); ++n) {
            const PixelRange of_solid = solids_[n].shadow.rows();
            for (int band = of_solid.first / band_rows; band * band_rows < of_solid.last; ++band)
                visit(n, static_cast<std::size_t>(band));
        }
    };
    for_each_band([&](std::size_t, std::size_t band) { ++first_of_band_[band + 1]; });
    std::partial_sum(first_of_band_.begin(), first_of_band_.end(), first_of_band_.begin());
    by_band_.resize(first_of_band_.back());
    std::vector<std::size_t> next = first_of_band_;
    for_each_band([&](std::size_t n, std::size_t band) {
        by_band_[next[band]++] = static_cast<std::uint32_t>(n);
    });
}

std::vector<SolidRun> SeenSolids::dense_runs(int row) const {
    std::vector<std::pair<const SeenSolid*, PixelRange>> met;
    for (const std::uint32_t n : dense.in_band_of(row)) {
        const PixelRange columns = dense[n].shadow.columns(row);
        if (!columns.empty()) met.emplace_back(&dense[n], columns);
    }
    std::stable_sort(met.begin(), met.end(),
                     [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
    std::vector<SolidRun> runs;
    for (const auto& [solid, columns] : met) {
        if (runs.empty() || columns.first >= runs.back().columns.last)
            runs.push_back({columns, {}});
        runs.back().columns.last = std::max(runs.back().columns.last, columns.last);
        runs.back().solids.emplace_back(solid, columns);
    }
    for (SolidRun& run : runs)
        std::stable_sort(run.solids.begin(), run.solids.end(), [](const auto& a, const auto& b) {
            return a.first->group < b.first->group;
        });
    return runs;
}

SeenSolids see_solids(std::span<const WeightedSolid> solids, const XrayView& view,
                      bool sample_dense) {
    SeenSolids result;
    KnownGroups known;
    std::vector<SeenSolid> light, dense;
    light.reserve(solids.size());
    for (const WeightedSolid& solid : solids) {
        SeenSolid seen = see(solid, view, known, result.groups);
        if (seen.shadow.rows().empty()) continue;
        (solid.dense && sample_dense ? dense : light).push_back(std::move(seen));
    }
    result.light = SolidsByBand(light, view.height_px);
    result.dense = SolidsByBand(dense, view.height_px);
    return result;
}

}  // namespace drr
