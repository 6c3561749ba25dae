#include "pictures/track_picture.hpp"

#include "pictures/canvas.hpp"
#include "pictures/labels.hpp"

#include <Eigen/Geometry>

#include <algorithm>
#include <array>
#include <set>

namespace tools {
namespace {

constexpr int panel_px = 620;
constexpr double margin_px = 40.0;
constexpr std::array<Colour, 6> body_colours = {Colour{38, 92, 170}, Colour{200, 80, 20},
                                                Colour{30, 130, 70}, Colour{140, 50, 150},
                                                Colour{160, 120, 0}, Colour{0, 130, 150}};

void draw_view(Canvas& canvas, const stereo::TrackResult& tracks,
               std::span<const stereo::FrameDetections> frames, std::size_t view) {
    Eigen::AlignedBox2d box;
    for (const stereo::FrameDetections& frame : frames)
        for (const stereo::MeasuredPixel& seen : frame[view])
            box.extend(seen.pixel);
    const double left = static_cast<double>(view) * panel_px + margin_px;
    canvas.text({left, 0.6 * margin_px}, "camera " + std::to_string(view + 1), 13.0, colours::ink);
    if (box.isEmpty()) return;
    const double scale = (panel_px - 2.0 * margin_px) / std::max(1.0, box.sizes().maxCoeff());
    const auto at = [&](const Eigen::Vector2d& pixel) -> Canvas::Point {
        return Eigen::Vector2d(left, margin_px) + scale * (pixel - box.min());
    };
    std::vector<std::set<std::size_t>> explained(frames.size());
    Labels labels(canvas);
    for (const stereo::BeadTrack& bead : tracks.beads) {
        const Colour colour = body_colours[bead.body % body_colours.size()];
        std::size_t last = stereo::no_detection;
        for (std::size_t f = 0; f < frames.size(); ++f) {
            const stereo::BeadSample& sample = bead.samples[f];
            if (sample.detection[view] == stereo::no_detection) continue;
            explained[f].insert(sample.detection[view]);
            const Canvas::Point here = at(frames[f][view][sample.detection[view]].pixel);
            if (sample.ambiguous[view]) {
                canvas.circle(here, 4.0, colours::red);
                continue;
            }
            canvas.disc(here, 2.0, colour);
            if (last == stereo::no_detection)
                labels.put(here, 3.0, bead.name, colour);
            else
                canvas.line(at(frames[last][view][bead.samples[last].detection[view]].pixel), here,
                            colour);
            last = f;
        }
    }
    for (std::size_t f = 0; f < frames.size(); ++f)
        for (std::size_t d = 0; d < frames[f][view].size(); ++d)
            if (!explained[f].contains(d))
                canvas.disc(at(frames[f][view][d].pixel), 1.5, colours::grey);
}

}  // namespace

std::string track_picture(const stereo::TrackResult& tracks,
                          std::span<const stereo::FrameDetections> frames) {
    Canvas canvas(2 * panel_px, panel_px);
    for (std::size_t view = 0; view < 2; ++view)
        draw_view(canvas, tracks, frames, view);
    return canvas.png();
}

}  // namespace tools
