#include "markup.hpp"
#include "plot.hpp"
#include "report_parts.hpp"
#include "svg.hpp"

#include <drr/core/degree.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace stereo {
namespace {

constexpr double picture_width = 560.0;
constexpr double margin = 34.0;  // for labels
constexpr double max_height = 460.0;
constexpr double scale_bar_height = 18.0;  // below all else
// Orthographic projection of the world onto the page.
class Camera {
  public:
    // Looks along -towards_viewer with `up` upwards; fits all of `points` into the picture.
    Camera(const Eigen::Vector3d& towards_viewer, const Eigen::Vector3d& up,
           const std::vector<Eigen::Vector3d>& points) {
        right_ = up.cross(towards_viewer).normalized();
        down_ = -towards_viewer.cross(right_).normalized();
        Eigen::Vector2d low = Eigen::Vector2d::Constant(1e300);
        Eigen::Vector2d high = -low;
        for (const Eigen::Vector3d& p : points) {
            low = low.cwiseMin(flat(p));
            high = high.cwiseMax(flat(p));
        }
        const Eigen::Vector2d extent = (high - low).cwiseMax(1.0);
        scale_ = std::min((picture_width - 2.0 * margin) / extent.x(),
                          (max_height - 2.0 * margin) / extent.y());
        size_ = {picture_width, scale_ * extent.y() + 2.0 * margin};
        shift_ = size_ / 2.0 - scale_ * (low + high) / 2.0;
        size_.y() += scale_bar_height;
    }

    [[nodiscard]] Eigen::Vector2d at(const Eigen::Vector3d& point_in_world_mm) const {
        return scale_ * flat(point_in_world_mm) + shift_;
    }
    [[nodiscard]] const Eigen::Vector2d& size() const { return size_; }
    [[nodiscard]] double units_per_mm() const { return scale_; }

  private:
    [[nodiscard]] Eigen::Vector2d flat(const Eigen::Vector3d& p) const {
        return {right_.dot(p), down_.dot(p)};
    }

    Eigen::Vector3d right_, down_;
    Eigen::Vector2d size_, shift_;
    double scale_ = 1.0;
};

std::array<Eigen::Vector3d, 4> detector_corners(const drr::XrayView& view) {
    const double right = view.width_px - 0.5;
    const double bottom = view.height_px - 0.5;
    return {view.pixel_in_world_mm({-0.5, -0.5}), view.pixel_in_world_mm({right, -0.5}),
            view.pixel_in_world_mm({right, bottom}), view.pixel_in_world_mm({-0.5, bottom})};
}

// The radiograph itself on the drawn detector: a plane seen orthographically is an affine image.
void draw_detector(Svg& svg, const Camera& camera, const ValidationResult& r, std::size_t v) {
    const drr::XrayView& view = r.truth.views[v];
    std::vector<Eigen::Vector2d> quad;
    for (const Eigen::Vector3d& corner : detector_corners(view))
        quad.push_back(camera.at(corner));
    if (!r.first_pose_images[v].empty()) {
        const Eigen::Vector2d origin = camera.at(view.pixel_in_world_mm({0.0, 0.0}));
        const Eigen::Vector2d column = camera.at(view.pixel_in_world_mm({1.0, 0.0})) - origin;
        const Eigen::Vector2d row = camera.at(view.pixel_in_world_mm({0.0, 1.0})) - origin;
        svg.raw(
            fmt::format("<use href=\"#radiograph-{}\" opacity=\"0.9\" "
                        "transform=\"matrix({:.6f} {:.6f} {:.6f} {:.6f} {:.3f} {:.3f})\"/>\n",
                        v, column.x(), column.y(), row.x(), row.y(), origin.x(), origin.y()));
    }
    svg.polygon(quad, fmt::format("class=\"detector v{}\"", v));
}

// The markers' bounding box in the phantom's frame, which is the world of pose 0.
void draw_phantom(Svg& svg, const Camera& camera, const ValidationResult& r) {
    const auto& markers = r.truth.markers_in_phantom_mm;
    if (markers.empty()) return;
    Eigen::Vector3d low = markers.front();
    Eigen::Vector3d high = low;
    for (const Eigen::Vector3d& p : markers) {
        low = low.cwiseMin(p);
        high = high.cwiseMax(p);
    }
    for (int axis = 0; axis < 3; ++axis)
        for (int corner = 0; corner < 4; ++corner) {
            Eigen::Vector3d a = low;
            if (corner % 2 == 1) a((axis + 1) % 3) = high((axis + 1) % 3);
            if (corner / 2 == 1) a((axis + 2) % 3) = high((axis + 2) % 3);
            Eigen::Vector3d b = a;
            b(axis) = high(axis);
            svg.line(camera.at(a), camera.at(b), "class=\"box\"");
        }
    for (const Eigen::Vector3d& p : markers)
        svg.circle(camera.at(p), 1.6, "class=\"bead\"");
    const double length = 0.75 * (high - low).maxCoeff();
    const std::array<const char*, 3> names = {"x", "y", "z"};
    for (int axis = 0; axis < 3; ++axis) {
        const Eigen::Vector3d end = length * Eigen::Vector3d::Unit(axis);
        svg.line(camera.at({0, 0, 0}), camera.at(end), "class=\"axis\"");
        svg.text(camera.at(1.12 * end) + Eigen::Vector2d(0.0, 4.0),
                 names[static_cast<std::size_t>(axis)], "class=\"axis-name middle\"");
    }
}

void draw_scale_bar(Svg& svg, const Camera& camera) {
    // The largest round length that is no more than a quarter of the picture.
    const double length_mm = nice_above(0.1 * picture_width / camera.units_per_mm());
    const Eigen::Vector2d a(margin / 2.0, camera.size().y() - 12.0);
    const Eigen::Vector2d b = a + Eigen::Vector2d(length_mm * camera.units_per_mm(), 0.0);
    svg.line(a, b, "class=\"scale-bar\"");
    svg.text(b + Eigen::Vector2d(6.0, 4.0), fixed(length_mm, 0) + " mm", "class=\"tick\"");
}

std::string picture(const ValidationResult& r, const Camera& camera, std::string_view title) {
    const auto& views = r.truth.views;
    Svg svg({0.0, 0.0}, camera.size(), title);
    for (std::size_t v = 0; v < 2; ++v)
        draw_detector(svg, camera, r, v);

    // Rays to one bead of a corner, and the central rays.
    for (std::size_t v = 0; v < 2; ++v) {
        const Eigen::Vector2d source = camera.at(views[v].source_in_world_mm());
        svg.line(source,
                 camera.at(views[v].pixel_in_world_mm(
                     {(views[v].width_px - 1) / 2.0, (views[v].height_px - 1) / 2.0})),
                 fmt::format("class=\"central v{}\"", v));
        if (r.truth.markers_in_phantom_mm.empty()) continue;
        const Eigen::Vector3d& bead = r.truth.markers_in_phantom_mm.front();
        const Eigen::Vector2d pixel = views[v].project(bead);
        const Eigen::Vector2d shadow = camera.at(views[v].pixel_in_world_mm(pixel));
        svg.line(source, shadow, fmt::format("class=\"ray v{}\"", v));
        svg.circle(shadow, 3.0, fmt::format("class=\"shadow v{}\"", v));
    }
    draw_phantom(svg, camera, r);
    if (!r.truth.markers_in_phantom_mm.empty())
        svg.circle(camera.at(r.truth.markers_in_phantom_mm.front()), 3.6, "class=\"target\"");

    const std::array<Eigen::Vector2d, 2> sources = {camera.at(views[0].source_in_world_mm()),
                                                    camera.at(views[1].source_in_world_mm())};
    svg.line(sources[0], sources[1], "class=\"baseline\"");
    for (std::size_t v = 0; v < 2; ++v) {
        svg.circle(sources[v], 5.0, fmt::format("class=\"source v{}\"", v));
        const double side = sources[v].y() >= sources[1 - v].y() ? 1.0 : -1.0;
        svg.text(sources[v] + Eigen::Vector2d(-6.0, side > 0.0 ? 20.0 : -11.0),
                 fmt::format("source {}", v), fmt::format("class=\"name v{}\"", v));
    }
    draw_scale_bar(svg, camera);
    return svg.str();
}

}  // namespace

std::string rig_figures(const ValidationResult& r) {
    const auto& views = r.truth.views;
    if (views[0].width_px <= 0 || views[1].width_px <= 0) return "";
    std::vector<Eigen::Vector3d> points = r.truth.markers_in_phantom_mm;
    for (const drr::XrayView& view : views) {
        points.push_back(view.source_in_world_mm());
        for (const Eigen::Vector3d& corner : detector_corners(view))
            points.push_back(corner);
    }
    const Eigen::Vector3d along = r.truth.stereo_from_world.row(0).transpose();
    const Eigen::Vector3d beam = r.truth.stereo_from_world.row(2).transpose();
    const Eigen::Vector3d rows =
        views[0].view_from_world.rotation.conjugate() * Eigen::Vector3d::UnitY();
    Eigen::Vector3d up = beam.cross(along).normalized();
    if (up.dot(rows) > 0.0) up = -up;  // rows grow downwards
    const double angle =
        drr::stereo_angle_rad(views[0].calibrated(), views[1].calibrated()) / drr::degree;
    const std::string sizes =
        fmt::format("Baseline {} mm, stereo angle {}°, source to detector {} mm and {} mm.",
                    fixed(drr::baseline_mm(views), 1), fixed(angle, 2), fixed(views[0].sdd_mm, 1),
                    fixed(views[1].sdd_mm, 1));

    // From above, the beam runs to the right; a little nearer the sources than the detectors, the
    // radiographs are seen as the detectors see them.
    const Camera above(up, up.cross(beam), points);
    const Eigen::Vector3d oblique_view = 0.3 * up + 0.7 * beam.cross(up) - 0.6 * beam;
    const Camera oblique(oblique_view, up, points);
    return figure(picture(r, above, "The rig from above"),
                  "From above. Dotted: central rays; full: the rays through one bead. " + sizes,
                  "rig") +
           figure(picture(r, oblique, "The rig from the side"),
                  "From the side: the radiographs on their detectors, the beads of the first pose, "
                  "and its frame, which is the world.",
                  "rig");
}

}  // namespace stereo
