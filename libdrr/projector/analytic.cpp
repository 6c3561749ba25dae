#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/projector/analytic.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>
#include <variant>

namespace drr {
namespace {

// Columns and rows [first, last) of the detector.
struct PixelRange {
    int first_column = 0;
    int last_column = 0;
    int first_row = 0;
    int last_row = 0;
};

// A solid as one view sees it. The ray through pixel (u, v) is, in the shape's frame,
// source + t (corner + u along_u + v along_v), with t = 1 at the detector.
struct SeenSolid {
    Shape shape;
    double signed_mu_per_mm = 0.0;
    bool dense = false;
    PixelRange footprint;
    Eigen::Vector3d source_mm;
    Eigen::Vector3d corner_mm;
    Eigen::Vector3d along_u_mm;
    Eigen::Vector3d along_v_mm;
};

PixelRange whole_detector(const XrayView& view) {
    return {0, view.width_px, 0, view.height_px};
}

// The interval of x/z over a ball with centre (x, z) in the plane of the axis: its two tangents
// from the origin, sound for z > r.
std::pair<double, double> tangents(double x, double z, double r) {
    const double root = r * std::sqrt(x * x + z * z - r * r);
    const double scale = 1.0 / (z * z - r * r);
    return {(x * z - root) * scale, (x * z + root) * scale};
}

// The pixels whose area the shadow of a shape can touch.
PixelRange footprint(const Shape& shape, const Rigid3& view_from_shape, const XrayView& view) {
    Eigen::Array2d low = Eigen::Array2d::Constant(std::numeric_limits<double>::infinity());
    Eigen::Array2d high = -low;
    if (const auto* sphere = std::get_if<Sphere>(&shape.form)) {
        const Eigen::Vector3d& c = view_from_shape.translation_mm;
        if (c.z() <= sphere->radius_mm) return whole_detector(view);
        for (int axis = 0; axis < 2; ++axis)
            std::tie(low[axis], high[axis]) = tangents(c[axis], c.z(), sphere->radius_mm);
    } else {
        const Eigen::Vector3d half = half_extent_mm(shape);
        for (int corner = 0; corner < 8; ++corner) {
            const Eigen::Vector3d sign((corner & 1) != 0 ? 1.0 : -1.0,
                                       (corner & 2) != 0 ? 1.0 : -1.0,
                                       (corner & 4) != 0 ? 1.0 : -1.0);
            const Eigen::Vector3d point = view_from_shape * half.cwiseProduct(sign);
            if (point.z() <= 0.0) return whole_detector(view);
            const Eigen::Array2d slope = point.head<2>().array() / point.z();
            low = low.min(slope);
            high = high.max(slope);
        }
    }
    const Eigen::Array2d scale = view.sdd_mm / view.pixel_pitch_mm.array();
    const Eigen::Array2d size(view.width_px, view.height_px);
    const Eigen::Array2d origin = view.principal_point_px.array();
    // From the first to the last pixel whose area [u - 0.5, u + 0.5] is touched, and clamped while
    // still a double: a shape close to the source projects to any number.
    const Eigen::Array2d first = (low * scale + origin + 0.5).floor().max(0.0).min(size);
    const Eigen::Array2d last = (high * scale + origin + 1.5).floor().max(0.0).min(size);
    return {static_cast<int>(first.x()), static_cast<int>(last.x()), static_cast<int>(first.y()),
            static_cast<int>(last.y())};
}

SeenSolid see(const PlacedSolid& solid, const XrayView& view, const AnalyticOptions& options) {
    const Rigid3 shape_from_view =
        solid.shape.parent_from_shape.inverse() * view.view_from_world.inverse();
    const auto turned = [&](double x, double y, double z) -> Eigen::Vector3d {
        return shape_from_view.rotation * Eigen::Vector3d(x, y, z);
    };
    SeenSolid seen;
    seen.shape = solid.shape;
    seen.signed_mu_per_mm = solid.sign * solid.mu_per_mm;
    seen.dense = options.samples_per_pixel > 1 && solid.mu_per_mm >= options.dense_mu_per_mm;
    seen.footprint = footprint(solid.shape, shape_from_view.inverse(), view);
    seen.source_mm = shape_from_view.translation_mm;
    const Eigen::Vector3d corner = view.pixel_in_view_mm({0.0, 0.0});
    seen.corner_mm = turned(corner.x(), corner.y(), corner.z());
    seen.along_u_mm = turned(view.pixel_pitch_mm.x(), 0.0, 0.0);
    seen.along_v_mm = turned(0.0, view.pixel_pitch_mm.y(), 0.0);
    return seen;
}

template <class Form>
void add_centre_sampled(const SeenSolid& seen, const Form& form, int row,
                        const std::vector<double>& ray_length_mm, std::vector<double>& sums) {
    const Eigen::Vector3d source = seen.source_mm;
    const Eigen::Vector3d step = seen.along_u_mm;
    const Eigen::Vector3d start = seen.corner_mm + row * seen.along_v_mm;
    const double mu = seen.signed_mu_per_mm;
    const double* const length = ray_length_mm.data();
    double* const sum = sums.data();
    for (int u = seen.footprint.first_column; u < seen.footprint.last_column; ++u) {
        const Eigen::Vector3d direction(start.x() + u * step.x(), start.y() + u * step.y(),
                                        start.z() + u * step.z());
        sum[u] += mu * length[u] * chord(form, source, direction).within(0.0, 1.0).length();
    }
}

template <class Form>
void add_area_sampled(const SeenSolid& seen, const Form& form, int row, int samples,
                      std::vector<double>& sums) {
    std::vector<double> integrals(static_cast<std::size_t>(samples * samples));
    const auto offset = [samples](int i) { return (i + 0.5) / samples - 0.5; };
    for (int u = seen.footprint.first_column; u < seen.footprint.last_column; ++u) {
        auto next = integrals.begin();
        for (int j = 0; j < samples; ++j) {
            const Eigen::Vector3d start = seen.corner_mm + (row + offset(j)) * seen.along_v_mm;
            for (int i = 0; i < samples; ++i) {
                const Eigen::Vector3d direction = start + (u + offset(i)) * seen.along_u_mm;
                const double length = chord(form, seen.source_mm, direction).within(0, 1).length();
                *next++ = seen.signed_mu_per_mm * length * direction.norm();
            }
        }
        const auto [low, high] = std::minmax_element(integrals.begin(), integrals.end());
        if (*low == *high) {  // inside or outside altogether
            sums[static_cast<std::size_t>(u)] += *low;
            continue;
        }
        // Relative to the most transparent sample, since exp(-integral) underflows in thick lead.
        const double base = *low;
        double transmission = 0.0;
        for (const double integral : integrals)
            transmission += std::exp(base - integral);
        sums[static_cast<std::size_t>(u)] +=
            base - std::log(transmission / static_cast<double>(integrals.size()));
    }
}

}  // namespace

void AnalyticOptions::validate() const {
    require(samples_per_pixel >= 1 && samples_per_pixel <= 32,
            "samples_per_pixel must be between 1 and 32");
    require(dense_mu_per_mm >= 0.0, "dense_mu_per_mm must not be negative");
}

AnalyticProjector::AnalyticProjector(std::vector<PlacedSolid> solids,
                                     const AnalyticOptions& options)
    : solids_(std::move(solids)), options_(options) {
    options_.validate();
    for (const PlacedSolid& solid : solids_) {
        drr::validate(solid.shape);
        require(std::isfinite(solid.mu_per_mm) && solid.mu_per_mm >= 0.0,
                "the attenuation of a solid must be finite and not negative");
        require(solid.sign == 1 || solid.sign == -1, "the sign of a solid must be 1 or -1");
    }
}

Image<float> AnalyticProjector::line_integrals(const XrayView& view) const {
    view.validate();
    std::vector<SeenSolid> seen;
    seen.reserve(solids_.size());
    for (const PlacedSolid& solid : solids_)
        seen.push_back(see(solid, view, options_));

    Image<float> image(view.width_px, view.height_px);
    parallel_for(static_cast<std::size_t>(view.height_px), [&](std::size_t index) {
        const int row = static_cast<int>(index);
        const auto width = static_cast<std::size_t>(view.width_px);
        std::vector<double> ray_length_mm(width);
        for (int u = 0; u < view.width_px; ++u)
            ray_length_mm[static_cast<std::size_t>(u)] = view.pixel_in_view_mm({u, row}).norm();
        std::vector<double> sums(width, 0.0);
        for (const SeenSolid& solid : seen) {
            if (row < solid.footprint.first_row || row >= solid.footprint.last_row) continue;
            std::visit(
                [&](const auto& form) {
                    if (solid.dense)
                        add_area_sampled(solid, form, row, options_.samples_per_pixel, sums);
                    else
                        add_centre_sampled(solid, form, row, ray_length_mm, sums);
                },
                solid.shape.form);
        }
        std::transform(sums.begin(), sums.end(), image.row(row),
                       [](double sum) { return static_cast<float>(sum); });
    });
    return image;
}

std::vector<PlacedSolid> place_phantom(const MarkerPhantom& phantom,
                                       const Rigid3& world_from_phantom, double energy_kev) {
    std::vector<PlacedSolid> solids;
    for (const SolidPart& part : solid_parts(phantom))
        solids.push_back({{part.shape.form, world_from_phantom * part.shape.parent_from_shape},
                          attenuation_per_mm(part.material, energy_kev),
                          part.sign});
    return solids;
}

}  // namespace drr
