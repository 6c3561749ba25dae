#include "normal_equations.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace stereo {
namespace {

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

// A turn of a straight wand about its own line leaves its beads where they are; it is held where it
// stands. In the pose's numbers that is the turn a about the line, and the shift that leaves the
// beads' mean m: -a x R m.
void hold_spins(const Observations& observations, const BundleState& state,
                const BundleLayout& layout, NormalEquations& equations) {
    constexpr double held_rad = 1.0;  // any: nothing depends on it
    if (layout.spinning_poses.empty()) return;
    const std::span beads =
        std::span(observations.markers_in_phantom_mm).subspan(state.phantom_markers);
    Eigen::Vector3d mean = Eigen::Vector3d::Zero();
    for (const auto& bead : beads)
        mean += bead / static_cast<double>(beads.size());
    const Eigen::Vector3d line = (beads.front() - mean).normalized();
    for (const int pose : layout.spinning_poses) {
        const auto& rotation = state.world_from_phantom[static_cast<std::size_t>(pose)].rotation;
        const Eigen::Vector3d axis = rotation * line;
        NormalEquations::Vector6 spin;
        spin << axis, -axis.cross(rotation * (state.wand_scale * mean));
        equations.pose[static_cast<std::size_t>(layout.of_pose[static_cast<std::size_t>(pose)])] +=
            spin * spin.transpose() / (held_rad * held_rad);
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
    if (layout.wand_scale >= 0) {
        Term term(equations);
        term.set(layout.wand_scale, 1.0);
        term.add(state.wand_scale - 1.0, observations.wand.relative_sd);
        hold_spins(observations, state, layout, equations);
    }
    if (!layout.refines_markers) return;
    const double information = 1.0 / (priors.placement_sd_mm * priors.placement_sd_mm);
    for (std::size_t m = 0; m < state.phantom_markers; ++m) {
        const int at = layout.of_marker[m];
        equations.common.diagonal().segment<3>(at).array() += information;
        equations.common_gradient.segment<3>(at) += information * state.marker_shifts_mm[m];
        equations.cost += information * state.marker_shifts_mm[m].squaredNorm();
    }
}

int prior_count(const BundleLayout& layout, const CalibrationPriors& priors) {
    const std::size_t placed = static_cast<std::size_t>(
        std::count_if(layout.parameters.begin(), layout.parameters.end(),
                      [](const auto& p) { return p.kind == ParameterKind::marker_mm; }));
    const auto spins = static_cast<int>(layout.spinning_poses.size());
    return spins + (layout.wand_scale >= 0 ? 1 : 0) +
           static_cast<int>(priors.focal_lengths.size() + 2 * priors.principal_points.size() +
                            priors.stereo_angles.size() + priors.distances.size() + placed) +
           (priors.phantom_scale_sd > 0.0 ? 1 : 0);
}

}  // namespace stereo
