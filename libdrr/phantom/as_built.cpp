#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/phantom/as_built.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace drr {
namespace {

using Eigen::Vector3d;

// What the field `view` of a random key stands for here.
constexpr std::uint16_t marker_stream = 0;
constexpr std::uint16_t brick_stream = 1;

Vector3d normal3(std::uint64_t seed, std::uint16_t stream, std::uint32_t element) {
    Rng rng({.seed = seed, .view = stream, .purpose = RngPurpose::as_built, .element = element});
    const double x = rng.normal();
    const double y = rng.normal();
    return {x, y, rng.normal()};
}

// One number for the cell that a brick stands on; repeats after 1024 studs or 4096 plates.
std::uint32_t element_of(const PlacedBrick& brick) {
    const auto bits = [](int value, int count) {
        return static_cast<std::uint32_t>(value) & ((1U << count) - 1U);
    };
    return bits(brick.at[0], 10) | bits(brick.at[1], 10) << 10 | bits(brick.at[2], 12) << 20;
}

// Sums displacements of neighbours, weighted by the studs that join them.
struct StudMean {
    Vector3d sum = Vector3d::Zero();
    int studs = 0;
    void add(const Vector3d& value, int count) {
        sum += count * value;
        studs += count;
    }
};

// The displacement of each brick, from the table upwards.
std::vector<Vector3d> brick_displacements(const std::vector<PlacedBrick>& bricks,
                                          const AsBuiltOptions& options, std::uint64_t seed) {
    std::vector<std::size_t> upwards(bricks.size());
    std::iota(upwards.begin(), upwards.end(), std::size_t{0});
    std::sort(upwards.begin(), upwards.end(), [&](std::size_t a, std::size_t b) {
        const auto& p = bricks[a].at;
        const auto& q = bricks[b].at;
        return std::array{p[2], p[1], p[0]} < std::array{q[2], q[1], q[0]};
    });
    std::vector<std::vector<BrickJoint>> under(bricks.size());
    std::vector<std::vector<BrickJoint>> over(bricks.size());
    for (const BrickJoint& joint : brick_joints(bricks)) {
        under[joint.above].push_back(joint);
        over[joint.below].push_back(joint);
    }

    std::vector<std::optional<Vector3d>> placed(bricks.size());
    const auto own_error = [&](std::size_t b) -> Vector3d {
        const Vector3d sd(options.brick_sd_mm, options.brick_sd_mm, options.brick_height_sd_mm);
        return sd.cwiseProduct(normal3(seed, brick_stream, element_of(bricks[b])));
    };
    const auto place_on = [&](std::size_t b, const StudMean& neighbours) {
        placed[b] = neighbours.sum / neighbours.studs + own_error(b);
    };
    for (const std::size_t b : upwards)
        if (bricks[b].at[2] == bricks[upwards.front()].at[2]) {
            placed[b] = own_error(b);
            placed[b]->z() = 0.0;
        }
    // Bricks that stand on others, then one that hangs from others, and so on until all are placed.
    for (bool moved = true; moved;) {
        moved = false;
        for (const std::size_t b : upwards) {
            if (placed[b]) continue;
            StudMean supports;
            for (const BrickJoint& joint : under[b])
                if (placed[joint.below]) supports.add(*placed[joint.below], joint.studs);
            if (supports.studs == 0) continue;
            place_on(b, supports);
            moved = true;
        }
        for (const std::size_t b : upwards) {
            if (placed[b] || moved) continue;
            StudMean holders;
            for (const BrickJoint& joint : over[b])
                if (placed[joint.above]) holders.add(*placed[joint.above], joint.studs);
            if (holders.studs == 0) continue;
            place_on(b, holders);
            moved = true;
        }
    }
    std::vector<Vector3d> displacements;
    for (const auto& displacement : placed)
        displacements.push_back(displacement.value_or(Vector3d::Zero()));
    return displacements;
}

// The axis of the bore that holds a marker, in the phantom frame; none when no brick does.
std::optional<Vector3d> bore_axis(const MarkerPhantom& design, const Marker& marker) {
    if (marker.brick < 0) return {};
    const PlacedBrick& brick = design.bricks.at(static_cast<std::size_t>(marker.brick));
    const Rigid3 pose = phantom_from_brick(design.grid, brick);
    const auto axis =
        seat_axis(brick_part(brick.part), pose.inverse() * marker.center_mm, marker.diameter_mm);
    if (!axis) return {};
    return pose.rotation * *axis;
}

}  // namespace

void AsBuiltOptions::validate() const {
    for (const double sd : {bead_sd_mm, bead_depth_sd_mm, brick_sd_mm, brick_height_sd_mm})
        require(std::isfinite(sd) && sd >= 0.0,
                "the standard deviations of building must not be negative");
    // Plastic that shrinks or stacks worse than this is not LEGO; it bounds typing errors.
    for (const double factor : {scale.across, scale.height})
        require(factor >= 0.9 && factor <= 1.1, "the scales of building must be 0.9 to 1.1");
}

MarkerPhantom as_built(const MarkerPhantom& design, const AsBuiltOptions& options,
                       std::uint64_t seed) {
    options.validate();
    require(!design.as_built, "the phantom is as built already; errors are drawn from a design");
    const bool strays = options.bead_sd_mm > 0.0 || options.bead_depth_sd_mm > 0.0 ||
                        options.brick_sd_mm > 0.0 || options.brick_height_sd_mm > 0.0;
    if (!strays && options.scale.across == 1.0 && options.scale.height == 1.0) return design;

    MarkerPhantom built = design;
    built.as_built = true;
    const Vector3d stretch(options.scale.across, options.scale.across, options.scale.height);
    built.grid.origin_mm = stretch.cwiseProduct(design.grid.origin_mm);
    built.grid.scale.across *= options.scale.across;
    built.grid.scale.height *= options.scale.height;
    const auto displacements = brick_displacements(design.bricks, options, seed);
    for (std::size_t b = 0; b < built.bricks.size(); ++b)
        built.bricks[b].displacement_mm += displacements[b];
    for (auto* markers : {&built.beads, &built.references})
        for (Marker& marker : *markers) {
            const auto element = static_cast<std::uint32_t>(marker.id);
            const Vector3d standard = normal3(seed, marker_stream, element);
            Vector3d error = options.bead_sd_mm * standard;
            if (const auto axis = bore_axis(design, marker))
                error +=
                    (options.bead_depth_sd_mm - options.bead_sd_mm) * axis->dot(standard) * *axis;
            marker.center_mm = stretch.cwiseProduct(marker.center_mm) + error;
            if (marker.brick >= 0)
                marker.center_mm += displacements.at(static_cast<std::size_t>(marker.brick));
        }
    return built;
}

}  // namespace drr
