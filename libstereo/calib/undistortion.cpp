#include <stereo/calib/undistortion.hpp>

#include <Eigen/LU>

#include <cmath>

namespace stereo {
namespace {

constexpr double converged_px = 1e-9;
// What rounding of coordinates of thousands of pixels, and of a table's floats, leaves at most.
constexpr double accepted_px = 1e-7;
constexpr int max_iterations = 50;
constexpr int max_halvings = 30;

std::optional<MappedPoint> map_at(const DistortionMap& map, const Eigen::Vector2d& p) {
    return std::visit([&](const auto& m) { return m.at(p); }, map);
}

/// A place where the map is defined, as near to the wanted one as the first guess needs to be.
Eigen::Vector2d first_guess(const Undistortion& undistortion, const Eigen::Vector2d& distorted) {
    if (map_at(undistortion.map, distorted)) return distorted;
    if (undistortion.field_px.empty())
        return {0.5 * (undistortion.width_px - 1), 0.5 * (undistortion.height_px - 1)};
    Eigen::Vector2d middle = Eigen::Vector2d::Zero();
    for (const Eigen::Vector2d& corner : undistortion.field_px)
        middle += corner / static_cast<double>(undistortion.field_px.size());
    return middle;
}

}  // namespace

std::string_view name_of(const DistortionMap& map) {
    struct Name {
        std::string_view operator()(const NoDistortion&) const { return "none"; }
        std::string_view operator()(const BrownConradyMap&) const { return "brown_conrady"; }
        std::string_view operator()(const GlobalPolynomialMap&) const { return "polynomial"; }
        std::string_view operator()(const ThinPlateMap&) const { return "thin_plate"; }
        std::string_view operator()(const LocalWeightedMeanMap&) const {
            return "local_weighted_mean";
        }
        std::string_view operator()(const LookupMap&) const { return "lookup"; }
    };
    return std::visit(Name{}, map);
}

bool within(const std::vector<Eigen::Vector2d>& polygon, const Eigen::Vector2d& point) {
    bool left = false;
    bool right = false;
    for (std::size_t i = 0; i < polygon.size(); ++i) {
        const Eigen::Vector2d side = polygon[(i + 1) % polygon.size()] - polygon[i];
        const Eigen::Vector2d to = point - polygon[i];
        const double turn = side.x() * to.y() - side.y() * to.x();
        left = left || turn > 0.0;
        right = right || turn < 0.0;
    }
    return !(left && right);
}

std::optional<MappedPoint> Undistortion::distort(const Eigen::Vector2d& undistorted_px) const {
    if (!undistorted_px.allFinite() || !within(field_px, undistorted_px)) return std::nullopt;
    return map_at(map, undistorted_px);
}

std::optional<MappedPoint> Undistortion::undistort(const Eigen::Vector2d& distorted_px) const {
    if (!distorted_px.allFinite()) return std::nullopt;
    Eigen::Vector2d p = first_guess(*this, distorted_px);
    std::optional<MappedPoint> seen = map_at(map, p);
    if (!seen) return std::nullopt;
    double error = (seen->point_px - distorted_px).norm();
    // Steps that leave the map's domain or do not come nearer are halved: a table's cells and the
    // last digits end it.
    for (int iteration = 0; iteration < max_iterations && error > converged_px; ++iteration) {
        Eigen::Vector2d step =
            seen->jacobian.partialPivLu().solve(Eigen::Vector2d(distorted_px - seen->point_px));
        if (!step.allFinite()) return std::nullopt;
        bool nearer = false;
        for (int halving = 0; halving < max_halvings && !nearer; ++halving, step *= 0.5) {
            const auto next = map_at(map, p + step);
            if (!next || !((next->point_px - distorted_px).norm() < error)) continue;
            nearer = true;
            p += step;
            seen = next;
            error = (seen->point_px - distorted_px).norm();
        }
        if (!nearer) break;
    }
    if (error > accepted_px || !within(field_px, p)) return std::nullopt;
    return MappedPoint{p, seen->jacobian.inverse()};
}

}  // namespace stereo
