#include <drr/core/error.hpp>
#include <drr/phantom/build_check.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numbers>

namespace drr {
namespace {

using Eigen::Vector3d;
using Fault = std::optional<BuildFault>;

std::string place(const PlacedBrick& brick) {
    return fmt::format("{} at [{}, {}, {}]", brick.part, brick.at[0], brick.at[1], brick.at[2]);
}

Fault find_bad_brick(const std::vector<PlacedBrick>& bricks) {
    for (std::size_t b = 0; b < bricks.size(); ++b) {
        try {
            (void)brick_part(bricks[b].part);
        } catch (const Error& error) {
            return BuildFault{BuildFault::Of::brick, b, error.message()};
        }
        if (bricks[b].quarter_turns < 0 || bricks[b].quarter_turns > 3)
            return BuildFault{BuildFault::Of::brick, b,
                              fmt::format("the quarter turns of a brick must be 0 to 3, found {}",
                                          bricks[b].quarter_turns)};
    }
    return {};
}

Fault find_overlap(const std::vector<PlacedBrick>& bricks) {
    std::map<std::array<int, 3>, std::size_t> taken;
    for (std::size_t b = 0; b < bricks.size(); ++b) {
        const auto& at = bricks[b].at;
        const auto size = cells(bricks[b]);
        for (int z = 0; z < size[2]; ++z)
            for (int y = 0; y < size[1]; ++y)
                for (int x = 0; x < size[0]; ++x) {
                    const auto [cell, is_free] =
                        taken.try_emplace({at[0] + x, at[1] + y, at[2] + z}, b);
                    if (!is_free)
                        return BuildFault{
                            BuildFault::Of::brick, b,
                            fmt::format("brick {} ({}) overlaps brick {} ({})", b, place(bricks[b]),
                                        cell->second, place(bricks[cell->second]))};
                }
    }
    return {};
}

Fault find_floating(const std::vector<PlacedBrick>& bricks) {
    int lowest = std::numeric_limits<int>::max();
    for (const PlacedBrick& brick : bricks)
        lowest = std::min(lowest, brick.at[2]);
    std::vector<std::vector<std::size_t>> joined(bricks.size());
    for (const BrickJoint& joint : brick_joints(bricks)) {
        joined[joint.below].push_back(joint.above);
        joined[joint.above].push_back(joint.below);
    }
    std::vector<bool> held(bricks.size());
    std::vector<std::size_t> to_visit;
    for (std::size_t b = 0; b < bricks.size(); ++b)
        if (bricks[b].at[2] == lowest) to_visit.push_back(b);
    while (!to_visit.empty()) {
        const std::size_t b = to_visit.back();
        to_visit.pop_back();
        if (held[b]) continue;
        held[b] = true;
        to_visit.insert(to_visit.end(), joined[b].begin(), joined[b].end());
    }
    for (std::size_t b = 0; b < bricks.size(); ++b)
        if (!held[b])
            return BuildFault{BuildFault::Of::brick, b,
                              fmt::format("brick {} ({}) floats: no studs join it, directly or "
                                          "through others, to the lowest layer",
                                          b, place(bricks[b]))};
    return {};
}

// Points spread evenly over the unit sphere (Fibonacci lattice): no point of a bead's surface is
// farther than about a twentieth of its diameter from one of them.
std::vector<Vector3d> sphere_points() {
    constexpr int n = 500;
    const double golden_angle = std::numbers::pi * (3.0 - std::sqrt(5.0));
    std::vector<Vector3d> points;
    for (int i = 0; i < n; ++i) {
        const double z = 1.0 - (2.0 * i + 1.0) / n;
        const double r = std::sqrt(1.0 - z * z);
        points.emplace_back(r * std::cos(golden_angle * i), r * std::sin(golden_angle * i), z);
    }
    return points;
}

class MarkerCheck {
  public:
    explicit MarkerCheck(const MarkerPhantom& phantom) : phantom_(phantom) {
        for (const PlacedBrick& brick : phantom.bricks) {
            brick_from_phantom_.push_back(phantom_from_brick(phantom.grid, brick).inverse());
            solids_.try_emplace(brick.part, brick_solids(brick_part(brick.part)));
        }
    }

    [[nodiscard]] Fault find(BuildFault::Of of, const std::vector<Marker>& markers) const {
        for (std::size_t m = 0; m < markers.size(); ++m) {
            std::string message = not_held(markers[m]);
            if (message.empty()) message = in_plastic(markers[m]);
            if (!message.empty()) return BuildFault{of, m, std::move(message)};
        }
        return {};
    }

  private:
    [[nodiscard]] std::string not_held(const Marker& marker) const {
        if (marker.brick < 0) return {};
        const auto b = static_cast<std::size_t>(marker.brick);
        if (b >= phantom_.bricks.size())
            return fmt::format("marker {} names brick {}, but there are {}", marker.id,
                               marker.brick, phantom_.bricks.size());
        const PlacedBrick& brick = phantom_.bricks[b];
        if (seat_axis(brick_part(brick.part), brick_from_phantom_[b] * marker.center_mm,
                      marker.diameter_mm))
            return {};
        return fmt::format(
            "marker {} of {} mm is outside of its brick {} ({}): it must fit into "
            "a bored stud, the Technic hole or the underside, or lie on a tile",
            marker.id, marker.diameter_mm, b, place(brick));
    }

    [[nodiscard]] std::string in_plastic(const Marker& marker) const {
        static const std::vector<Vector3d> directions = sphere_points();
        // A ball that lies on a tile touches it: leave a micrometre or two.
        const double radius = 0.999 * 0.5 * marker.diameter_mm;
        const BrickDimensions d;
        for (std::size_t b = 0; b < phantom_.bricks.size(); ++b) {
            const BrickPart& part = brick_part(phantom_.bricks[b].part);
            const Vector3d center = brick_from_phantom_[b] * marker.center_mm;
            const double height = part.plates * d.plate_height_mm + d.stud_height_mm;
            if (std::abs(center.x()) > 0.5 * d.pitch_mm * part.studs_x + radius ||
                std::abs(center.y()) > 0.5 * d.pitch_mm * part.studs_y + radius ||
                center.z() < -radius || center.z() > height + radius)
                continue;
            std::vector<SolidPart> solids;
            for (const SolidPart& solid : solids_.at(phantom_.bricks[b].part))
                if ((solid.shape.parent_from_shape.translation_mm - center).norm() <
                    half_extent_mm(solid.shape).norm() + radius)
                    solids.push_back(solid);
            const auto in_plastic = [&](const Vector3d& direction) {
                return density_at(solids, center + radius * direction) != 0;
            };
            if (in_plastic(Vector3d::Zero()) ||
                std::any_of(directions.begin(), directions.end(), in_plastic))
                return fmt::format(
                    "marker {} of {} mm at [{:.3f}, {:.3f}, {:.3f}] reaches into "
                    "the plastic of brick {} ({})",
                    marker.id, marker.diameter_mm, marker.center_mm.x(), marker.center_mm.y(),
                    marker.center_mm.z(), b, place(phantom_.bricks[b]));
        }
        return {};
    }

    const MarkerPhantom& phantom_;
    std::vector<Rigid3> brick_from_phantom_;
    std::map<std::string, std::vector<SolidPart>> solids_;
};

}  // namespace

Fault find_build_fault(const MarkerPhantom& phantom) {
    if (auto fault = find_bad_brick(phantom.bricks)) return fault;
    if (auto fault = find_overlap(phantom.bricks)) return fault;
    if (auto fault = find_floating(phantom.bricks)) return fault;
    if (phantom.as_built) return {};
    const MarkerCheck check(phantom);
    if (auto fault = check.find(BuildFault::Of::bead, phantom.beads)) return fault;
    return check.find(BuildFault::Of::reference, phantom.references);
}

}  // namespace drr
