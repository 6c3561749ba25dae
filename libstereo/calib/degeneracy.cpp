#include "degeneracy.hpp"

#include <drr/geometry/decompositions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace stereo {
namespace {

// What moves together in the words of the rig.
enum class Part { focal_length, principal_point, turn, depth, sideways, scale, markers, pose };

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
        case Part::markers:
            return "places of the markers";
        case Part::pose:
            return "poses of the phantom";
    }
    return "";
}

// One null vector, in units of the parameters, as a sentence. It is scaled to a change that a
// laboratory can picture: the largest of its parts changes by 1 %, 10 px, 1 degree or 10 mm.
std::string explain(const Eigen::VectorXd& direction, const Eigen::VectorXd& scaled,
                    const std::vector<Parameter>& parameters, const BundleState& state) {
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
            group.part == Part::scale)
            change[group] += amount;
        else
            change[group] = std::hypot(change[group], amount);
        if (group.part == Part::pose) poses = weight[group];
    }
    double largest = poses;
    for (const auto& [group, w] : weight)
        largest = std::max(largest, w);
    double unit = 0.0;
    for (const auto& [group, c] : change) {
        if (weight[group] < least_share * largest) continue;
        double reference = 10.0;  // px, mm
        if (group.part == Part::focal_length || group.part == Part::scale) reference = 0.01;
        if (group.part == Part::turn) reference = 0.0174533;
        if (group.part == Part::pose || group.part == Part::markers) continue;
        unit = std::max(unit, std::abs(c) / reference);
    }
    std::vector<std::string> parts;
    for (const auto& [group, w] : weight)
        if (w >= least_share * largest)
            parts.push_back(words(group, unit > 0.0 ? change[group] / unit : 0.0));
    std::string list;
    for (std::size_t i = 0; i < parts.size(); ++i)
        list += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
    return parts.size() == 1
               ? list + " cannot be known: changing it leaves every image as it is"
               : list + " trade off: changed together, they leave every image as it is";
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

}  // namespace stereo
