#pragma once

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace stereo {

/// Things that are looked at together, one a lane, for the processor's vectors: two registers of
/// the least that an x86-64 has, one of those with AVX. No masks: Eigen turns comparisons and
/// selections of arrays into a branch for each lane.
constexpr int lane_count = 8;
using Lanes = Eigen::Array<float, lane_count, 1>;

struct PointLanes {
    Lanes x, y, z;

    [[nodiscard]] PointLanes cross(const PointLanes& b) const {
        return {y * b.z - z * b.y, z * b.x - x * b.z, x * b.y - y * b.x};
    }
    [[nodiscard]] Lanes dot(const Eigen::Vector3f& b) const {
        return x * b.x() + y * b.y() + z * b.z();
    }
};

/// Beads in lanes, mm; those beyond the count repeat others.
struct BeadLanes {
    PointLanes places;
    int count = 0;
};

/// As many beads from number `start` as there are lanes.
[[nodiscard]] inline BeadLanes in_lanes(const std::vector<Eigen::Vector3f>& beads,
                                        std::size_t start) {
    BeadLanes block;
    block.count = static_cast<int>(std::min<std::size_t>(lane_count, beads.size() - start));
    for (int lane = 0; lane < lane_count; ++lane) {
        const auto& bead = beads[start + static_cast<std::size_t>(lane % block.count)];
        block.places.x[lane] = bead.x();
        block.places.y[lane] = bead.y();
        block.places.z[lane] = bead.z();
    }
    return block;
}

/// Affine maps of points, by their rows.
struct AffineLanes {
    std::array<PointLanes, 3> rows;
    std::array<Lanes, 3> shift;

    [[nodiscard]] Eigen::Matrix3f linear(int lane) const {
        Eigen::Matrix3f matrix;
        for (int i = 0; i < 3; ++i) {
            const PointLanes& row = rows[static_cast<std::size_t>(i)];
            matrix.row(i) << row.x[lane], row.y[lane], row.z[lane];
        }
        return matrix;
    }
    [[nodiscard]] Eigen::Vector3f shift_of(int lane) const {
        return {shift[0][lane], shift[1][lane], shift[2][lane]};
    }
};

[[nodiscard]] inline AffineLanes operator*(const Eigen::Matrix3f& matrix, const AffineLanes& map) {
    AffineLanes product;
    for (std::size_t i = 0; i < 3; ++i) {
        const Eigen::Vector3f row = matrix.row(static_cast<Eigen::Index>(i));
        const auto combined = [&](const Lanes& a, const Lanes& b, const Lanes& c) -> Lanes {
            return row.x() * a + row.y() * b + row.z() * c;
        };
        product.rows[i] = {combined(map.rows[0].x, map.rows[1].x, map.rows[2].x),
                           combined(map.rows[0].y, map.rows[1].y, map.rows[2].y),
                           combined(map.rows[0].z, map.rows[1].z, map.rows[2].z)};
        product.shift[i] = combined(map.shift[0], map.shift[1], map.shift[2]);
    }
    return product;
}

}  // namespace stereo
