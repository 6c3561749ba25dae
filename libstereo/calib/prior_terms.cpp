#include "normal_equations.hpp"

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

// How firmly the gauge of refined markers is held, in parts of their placement tolerance: it
// leaves no trace in any result, and the matrix keeps half of a double's digits.
constexpr double gauge_share = 1e-4;

// A measured number: residual over sd, and derivatives by some common parameters.
struct Term {
    Eigen::VectorXd row;
    NormalEquations& equations;

    explicit Term(NormalEquations& target)
        : row(Eigen::VectorXd::Zero(target.common.rows())), equations(target) {}
    void set(int column, double derivative) {
        if (column >= 0) row[column] += derivative;
    }
    void add(double residual, double sd) {
        const double information = 1.0 / (sd * sd);
        equations.common += information * row * row.transpose();
        equations.common_gradient += information * residual * row;
        equations.cost += information * residual * residual;
    }
};

void add_stereo_angle(const StereoAnglePrior& prior, const BundleState& state,
                      const BundleLayout& layout, NormalEquations& equations) {
    const auto a = static_cast<std::size_t>(prior.view_a);
    const auto b = static_cast<std::size_t>(prior.view_b);
    const Eigen::Matrix3d turn_a = state.views[a].view_from_world.matrix();
    const Eigen::Matrix3d turn_b = state.views[b].view_from_world.matrix();
    const Eigen::Vector3d beam_a = turn_a.row(2);
    const Eigen::Vector3d beam_b = turn_b.row(2);
    const double sine = beam_a.cross(beam_b).norm();
    if (!(sine > 0.0)) return;  // parallel beams: the angle has no derivative
    // A turn w of a view moves its beam in the world by R^T (z x w).
    const Eigen::Vector3d z = Eigen::Vector3d::UnitZ();
    const Eigen::Vector3d d_a = (turn_a * beam_b).cross(z) / -sine;
    const Eigen::Vector3d d_b = (turn_b * beam_a).cross(z) / -sine;
    Term term(equations);
    for (int axis = 0; axis < 3; ++axis) {
        term.set(layout.of_view[a][static_cast<std::size_t>(4 + axis)], d_a[axis]);
        term.set(layout.of_view[b][static_cast<std::size_t>(4 + axis)], d_b[axis]);
    }
    term.add(std::atan2(sine, beam_a.dot(beam_b)) - prior.angle_rad, prior.sd_rad);
}

void add_distance(const MeasuredDistance& measured, const Observations& observations,
                  const BundleState& state, const BundleLayout& layout,
                  NormalEquations& equations) {
    const Eigen::Vector3d between = state.marker_mm(observations, measured.marker_a) -
                                    state.marker_mm(observations, measured.marker_b);
    const double distance = between.norm();
    Term term(equations);
    term.set(layout.scale, distance / state.phantom_scale);
    for (int axis = 0; axis < 3; ++axis) {
        const double d = state.phantom_scale * between[axis] / distance;
        const int a = layout.of_marker[static_cast<std::size_t>(measured.marker_a)];
        const int b = layout.of_marker[static_cast<std::size_t>(measured.marker_b)];
        if (a >= 0) term.set(a + axis, d);
        if (b >= 0) term.set(b + axis, -d);
    }
    term.add(distance - measured.distance_mm, measured.sd_mm);
}

// Without a gauge, the markers together could move or (with a free scale) grow and poses and views
// follow: the phantom's frame is held to its design in the mean (inner constraints). At the minimum
// the placement prior alone does the same, so that this changes the covariance only.
void add_marker_gauge(const Observations& observations, const BundleState& state,
                      const BundleLayout& layout, double placement_sd_mm,
                      NormalEquations& equations) {
    const auto& design = observations.markers_in_phantom_mm;
    const auto count = static_cast<double>(design.size());
    Eigen::Vector3d centre = Eigen::Vector3d::Zero();
    for (const auto& marker : design)
        centre += marker / count;
    double spread = 0.0;
    for (const auto& marker : design)
        spread += (marker - centre).squaredNorm() / count;
    spread = std::sqrt(spread);
    const int modes = layout.scale >= 0 ? 7 : 6;
    for (int mode = 0; mode < modes; ++mode) {
        Term term(equations);
        double residual = 0.0;
        for (std::size_t m = 0; m < design.size(); ++m) {
            const Eigen::Vector3d arm = (design[m] - centre) / spread;
            const Eigen::Vector3d direction =
                mode < 3   ? Eigen::Vector3d(Eigen::Vector3d::Unit(mode))
                : mode < 6 ? Eigen::Vector3d(Eigen::Vector3d::Unit(mode - 3).cross(arm))
                           : arm;
            residual += direction.dot(state.marker_shifts_mm[m]) / std::sqrt(count);
            for (int axis = 0; axis < 3; ++axis)
                term.set(layout.of_marker[m] + axis, direction[axis] / std::sqrt(count));
        }
        term.add(residual, gauge_share * placement_sd_mm);
    }
}

}  // namespace

void add_priors(const Observations& observations, const BundleState& state,
                const BundleLayout& layout, const CalibrationPriors& priors,
                NormalEquations& equations) {
    for (const auto& prior : priors.focal_lengths) {
        const auto v = static_cast<std::size_t>(prior.view);
        Term term(equations);
        term.set(layout.of_view[v][0], 1.0);
        term.add(state.views[v].pinhole.fx_px - prior.focal_length_px, prior.sd_px);
    }
    for (const auto& prior : priors.principal_points) {
        const auto v = static_cast<std::size_t>(prior.view);
        const drr::Pinhole& k = state.views[v].pinhole;
        const Eigen::Vector2d residual =
            Eigen::Vector2d(k.cx_px, k.cy_px) - prior.principal_point_px;
        for (int axis = 0; axis < 2; ++axis) {
            Term term(equations);
            term.set(layout.of_view[v][static_cast<std::size_t>(2 + axis)], 1.0);
            term.add(residual[axis], prior.sd_px);
        }
    }
    for (const auto& prior : priors.stereo_angles)
        add_stereo_angle(prior, state, layout, equations);
    for (const auto& measured : priors.distances)
        add_distance(measured, observations, state, layout, equations);
    if (priors.phantom_scale_sd > 0.0) {
        Term term(equations);
        term.set(layout.scale, 1.0);
        term.add(state.phantom_scale - 1.0, priors.phantom_scale_sd);
    }
    if (!layout.refines_markers) return;
    const double information = 1.0 / (priors.placement_sd_mm * priors.placement_sd_mm);
    for (std::size_t m = 0; m < layout.of_marker.size(); ++m) {
        const int at = layout.of_marker[m];
        equations.common.diagonal().segment<3>(at).array() += information;
        equations.common_gradient.segment<3>(at) += information * state.marker_shifts_mm[m];
        equations.cost += information * state.marker_shifts_mm[m].squaredNorm();
    }
    add_marker_gauge(observations, state, layout, priors.placement_sd_mm, equations);
}

int prior_count(const BundleLayout& layout, const CalibrationPriors& priors) {
    const std::size_t placed = layout.refines_markers ? 3 * layout.of_marker.size() : 0;
    // The gauge takes away its own number of parameters.
    const int gauge = layout.refines_markers ? (layout.scale >= 0 ? 7 : 6) : 0;
    return gauge +
           static_cast<int>(priors.focal_lengths.size() + 2 * priors.principal_points.size() +
                            priors.stereo_angles.size() + priors.distances.size() + placed) +
           (priors.phantom_scale_sd > 0.0 ? 1 : 0);
}

}  // namespace stereo
