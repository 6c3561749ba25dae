#include "degeneracy.hpp"

#include <drr/geometry/decompositions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace stereo {
namespace {

// What moves together in the words of the rig.
enum class Part {
    focal_length,
    principal_point,
    turn,
    depth,
    sideways,
    scale,
    wand,
    markers,
    pose
};

struct Group {
    Part part;
    int index;
    friend auto operator<=>(const Group&, const Group&) = default;
};

Group group_of(const Parameter& p) {
    switch (p.kind) {
        case ParameterKind::focal_length_px:
        case ParameterKind::aspect:
            return {Part::focal_length, p.index};
        case ParameterKind::principal_point_px:
            return {Part::principal_point, p.index};
        case ParameterKind::view_turn_rad:
            return {Part::turn, p.index};
        case ParameterKind::view_shift_mm:
            return {p.axis == 2 ? Part::depth : Part::sideways, p.index};
        case ParameterKind::phantom_scale:
            return {Part::scale, 0};
        case ParameterKind::wand_scale:
            return {Part::wand, 0};
        case ParameterKind::marker_mm:
            return {Part::markers, 0};
        case ParameterKind::pose_turn_rad:
        case ParameterKind::pose_shift_mm:
            return {Part::pose, 0};
    }
    return {Part::pose, 0};
}

std::string words(const Group& group, double change) {
    const std::string view = group.index < 0 ? "all views" : fmt::format("view {}", group.index);
    switch (group.part) {
        case Part::focal_length:
            return fmt::format("SDD of {} ({:+.1f} %)", view, 100.0 * change);
        case Part::principal_point:
            return fmt::format("principal point of {} ({:.0f} px)", view, change);
        case Part::turn:
            return fmt::format("orientation of {} ({:.2f} deg)", view, change * 57.29577951308232);
        case Part::depth:
            return fmt::format("source-isocentre distance of {} ({:+.1f} mm)", view, change);
        case Part::sideways:
            return fmt::format("sideways place of {} ({:.1f} mm)", view, change);
        case Part::scale:
            return fmt::format("size of the phantom ({:+.2f} %)", 100.0 * change);
        case Part::wand:
            return fmt::format("size of the wand ({:+.2f} %)", 100.0 * change);
        case Part::markers:
            return "places of the markers";
        case Part::pose:
            return "poses of the phantom";
    }
    return "";
}

// What moves together in one direction of the parameters, in words. Where `pictured` it is scaled
// to a change that a laboratory can picture: the largest of its parts changes by 1 %, 10 px, 1
// degree or 10 mm.
std::vector<std::string> parts_of(const Eigen::VectorXd& direction, const Eigen::VectorXd& scaled,
                                  const std::vector<Parameter>& parameters,
                                  const BundleState& state, bool pictured) {
    // Parts below this share of the largest only follow.
    constexpr double least_share = 0.1;
    std::map<Group, double> weight;
    std::map<Group, double> change;
    double poses = 0.0;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto at = static_cast<Eigen::Index>(i);
        const Group group = group_of(parameters[i]);
        weight[group] = std::hypot(weight[group], scaled[at]);
        double amount = direction[at];
        const auto view = static_cast<std::size_t>(std::max(parameters[i].index, 0));
        if (parameters[i].kind == ParameterKind::focal_length_px)
            amount /= state.views[view].pinhole.fx_px;
        if (group.part == Part::focal_length || group.part == Part::depth ||
            group.part == Part::scale || group.part == Part::wand)
            change[group] += amount;
        else
            change[group] = std::hypot(change[group], amount);
        if (group.part == Part::pose) poses = weight[group];
    }
    double largest = poses;
    for (const auto& [group, w] : weight)
        largest = std::max(largest, w);
    double unit = pictured ? 0.0 : 1.0;
    for (const auto& [group, c] : change) {
        if (!pictured) break;
        if (weight[group] < least_share * largest) continue;
        double reference = 10.0;  // px, mm
        if (group.part == Part::focal_length || group.part == Part::scale ||
            group.part == Part::wand)
            reference = 0.01;
        if (group.part == Part::turn) reference = 0.0174533;
        if (group.part == Part::pose || group.part == Part::markers) continue;
        unit = std::max(unit, std::abs(c) / reference);
    }
    std::vector<std::string> parts;
    for (const auto& [group, w] : weight)
        if (w >= least_share * largest)
            parts.push_back(words(group, unit > 0.0 ? change[group] / unit : 0.0));
    return parts;
}

std::string list_of(const std::vector<std::string>& parts) {
    std::string list;
    for (std::size_t i = 0; i < parts.size(); ++i)
        list += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
    return list;
}

// One null vector, in units of the parameters, as a sentence.
std::string explain(const Eigen::VectorXd& direction, const Eigen::VectorXd& scaled,
                    const std::vector<Parameter>& parameters, const BundleState& state) {
    const std::vector<std::string> parts = parts_of(direction, scaled, parameters, state, true);
    const std::string list = list_of(parts);
    return parts.size() == 1
               ? list + " cannot be known: changing it leaves every image as it is"
               : list + " trade off: changed together, they leave every image as it is";
}

// The size against which a change of a parameter is small or large.
double natural_size(const Parameter& p, const BundleState& state) {
    const auto& view =
        state.views[static_cast<std::size_t>(std::max(p.index, 0)) % state.views.size()];
    switch (p.kind) {
        case ParameterKind::focal_length_px:
        case ParameterKind::principal_point_px:
            return view.pinhole.fx_px;
        case ParameterKind::view_shift_mm:
            return view.view_from_world.translation_mm.norm();
        default:
            return 1.0;
    }
}

}  // namespace

NormalInverse invert_normal_matrix(const Eigen::MatrixXd& normal,
                                   const std::vector<Parameter>& parameters,
                                   const BundleState& state) {
    // Relative to the largest eigenvalue of the scaled matrix; double rounding gives 1e-15.
    constexpr double singular = 1e-13;
    NormalInverse result;
    const Eigen::VectorXd scale = normal.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
    const Eigen::MatrixXd scaled = scale.asDiagonal() * normal * scale.asDiagonal();
    const auto [values, vectors] = drr::symmetric_eigen(scaled);
    for (Eigen::Index i = 0; i < values.size(); ++i) {
        if (values[i] > singular * values[values.size() - 1]) break;
        result.undetermined.push_back(
            explain(scale.cwiseProduct(vectors.col(i)), vectors.col(i), parameters, state));
    }
    if (result.undetermined.empty())
        result.inverse = scale.asDiagonal() * vectors * values.cwiseInverse().asDiagonal() *
                         vectors.transpose() * scale.asDiagonal();
    return result;
}

std::vector<std::string> beyond_first_order(const Eigen::MatrixXd& covariance,
                                            const std::vector<Parameter>& parameters,
                                            const BundleState& state) {
    // Second-order terms are the square of this: a sixteenth of what the first order says.
    constexpr double most = 0.25;
    std::vector<Parameter> of_rig;
    for (const auto& p : parameters)
        if (p.kind <= ParameterKind::wand_scale) of_rig.push_back(p);
    const auto count = static_cast<Eigen::Index>(of_rig.size());
    Eigen::VectorXd size(count);
    for (Eigen::Index i = 0; i < count; ++i)
        size[i] = natural_size(of_rig[static_cast<std::size_t>(i)], state);
    const Eigen::VectorXd inverse = size.cwiseInverse();
    const auto [values, vectors] = drr::symmetric_eigen(
        inverse.asDiagonal() * covariance.topLeftCorner(count, count) * inverse.asDiagonal());
    std::vector<std::string> sentences;
    for (Eigen::Index i = count - 1; i >= 0 && values[i] > most * most; --i) {
        const Eigen::VectorXd one_sd = std::sqrt(values[i]) * vectors.col(i);
        const auto parts = parts_of(size.cwiseProduct(one_sd), one_sd, of_rig, state, false);
        sentences.push_back(list_of(parts) + (parts.size() == 1 ? " is" : " together are") +
                            " one standard deviation: too far for error bars to hold, the rays are "
                            "too nearly parallel or the observations too few");
    }
    return sentences;
}

}  // namespace stereo
