#include <drr/core/file_io.hpp>
#include <stereo/grid/grid_detector.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tuple>

namespace stereo {

void GridDetectorOptions::validate() const {
    std::visit([](const auto& kind) { kind.validate(); }, points);
    index.validate();
}

namespace {

// An intensifier's distortion makes ellipses of round points, which is no fault of theirs;
// residuals above this are.
constexpr double irregular_residual = 0.08;

struct Found {
    std::vector<BeadDetection> points;
    std::string summary;
};

Found find_points(const drr::Image<float>& image, const GridDetectorOptions& options) {
    if (const auto* holes = std::get_if<HoleDetectorOptions>(&options.points)) {
        HoleDetectorResult result = detect_holes(image, *holes);
        return {std::move(result.holes), std::move(result.summary)};
    }
    BeadDetectorOptions beads = std::get<BeadDetectorOptions>(options.points);
    // A grid's plate is smooth, while its distorted shadows are no discs.
    beads.background_field = false;
    BeadDetectorResult result = detect_beads(image, beads);
    return {std::move(result.beads), std::move(result.summary)};
}

}  // namespace

GridDetection detect_grid(const drr::Image<float>& image, const GridDetectorOptions& options) {
    options.validate();
    GridDetection grid;
    grid.width_px = image.width();
    grid.height_px = image.height();
    Found found = find_points(image, options);
    // A point that is cut would pull the lattice after it.
    found.points.erase(std::remove_if(found.points.begin(), found.points.end(),
                                      [&](const BeadDetection& bead) {
                                          if ((bead.flags & bead_clipped) == 0) return false;
                                          grid.strays.push_back(bead);
                                          return true;
                                      }),
                       found.points.end());
    std::vector<Eigen::Vector2d> pixels;
    for (const BeadDetection& bead : found.points)
        pixels.push_back(bead.center_px);
    GridIndexOptions index = options.index;
    index.middle_px = {0.5 * (image.width() - 1), 0.5 * (image.height() - 1)};
    const GridIndexResult indexed = index_grid(pixels, index);
    grid.ok = indexed.ok;
    grid.kind = indexed.kind;
    grid.empty_sites = indexed.empty_sites;
    grid.axes_px = indexed.axes_px;
    grid.origin_px = indexed.origin_px;
    grid.noise_px = indexed.noise_px;
    grid.summary = indexed.ok ? indexed.summary : indexed.summary + "; " + found.summary;
    for (std::size_t i = 0; i < found.points.size(); ++i) {
        if (!indexed.sites[i]) {
            grid.strays.push_back(found.points[i]);
            continue;
        }
        GridPoint point{*indexed.sites[i], found.points[i]};
        if (point.bead.relative_residual < irregular_residual)
            point.bead.flags &= ~std::uint32_t{bead_irregular};
        grid.points.push_back(point);
    }
    std::sort(grid.points.begin(), grid.points.end(), [](const GridPoint& a, const GridPoint& b) {
        return std::tuple(a.site.y(), a.site.x()) < std::tuple(b.site.y(), b.site.x());
    });
    return grid;
}

void write_grid(const std::filesystem::path& path, const GridDetection& grid) {
    std::string text = "grid,i,j,x_px,y_px,sd_x_px,sd_y_px,radius_px,contrast,flags\n";
    for (const auto& [site, bead] : grid.points)
        text += fmt::format("{},{},{},{:.4f},{:.4f},{:.5f},{:.5f},{:.4f},{:.5f},{}\n",
                            grid_kind_name(grid.kind), site.x(), site.y(), bead.center_px.x(),
                            bead.center_px.y(), std::sqrt(bead.covariance_px2(0, 0)),
                            std::sqrt(bead.covariance_px2(1, 1)), bead.radius_px, bead.contrast,
                            bead_flags_text(bead.flags));
    drr::write_file(path, text);
}

}  // namespace stereo
