#pragma once

#include "lanes.hpp"

#include <cmath>

namespace stereo {

/// Three sights of a view that is turned so that its axis passes through the first: x/z and y/z of
/// the others.
struct TurnedSights {
    Eigen::Vector2f second;
    Eigen::Vector2f third;
};

/// Triangles of beads whose first two are the same, one a lane, and their poses that three sights
/// give. The depths of the second and third bead count against the first, in units of its depth.
///
/// Two lengths and an angle of a triangle give its scale and its slant in closed form under scaled
/// orthography (Alter, "3-D pose from 3 points using weak perspective", PAMI 1994); taken about the
/// ray of the first blob and iterated with the depths found (DeMenthon & Davis, "Model-based object
/// pose in 25 lines of code", IJCV 1995) it becomes the perspective pose.
class TriangleLanes {
  public:
    /// Squared sides, mm^2. Inverse depths of the first bead outside the bounds, squared and in
    /// 1/mm^2, are no solutions.
    TriangleLanes(float side12, const Lanes& side13, const Lanes& side23, float min_inverse_depth2,
                  float max_inverse_depth2)
        : side12_(side12),
          side13_(side13),
          dot_(0.5F * (side12 + side13 - side23)),
          min_inverse_depth2_(min_inverse_depth2),
          max_inverse_depth2_(max_inverse_depth2) {
        const Lanes product = side12 * side13;
        gram_ = product - dot_.square();
        // Three beads on a line leave a turn about it open; so do two in one place.
        constexpr float thin = 1e-4F;
        width_ = gram_ - thin * product;
        gram_ = gram_.max(thin * side12 * side12);
    }

    /// Scaled orthography.
    void solve(const TurnedSights& sights) {
        const float aa = sights.second.squaredNorm();
        const float bb = sights.third.squaredNorm();
        const float ab = sights.second.dot(sights.third);
        solve(Lanes::Constant(aa), Lanes::Constant(bb), Lanes::Constant(ab));
    }

    /// Perspective, from the solution of scaled orthography with the depths times `sign`.
    void iterate(const TurnedSights& sights, float sign) {
        const float aa = sights.second.squaredNorm();
        const float bb = sights.third.squaredNorm();
        const float ab = sights.second.dot(sights.third);
        constexpr int max_iterations = 4;
        constexpr float converged = 1e-3F;  // of the depth: below the noise of three pairs
        depth2_ *= sign;
        depth3_ *= sign;
        for (int i = 0; i < max_iterations; ++i) {
            const Lanes old2 = depth2_;
            const Lanes old3 = depth3_;
            const Lanes scale2 = 1.0F + old2;
            const Lanes scale3 = 1.0F + old3;
            solve(aa * scale2.square(), bb * scale3.square(), ab * scale2 * scale3);
            // Of the two solutions, which differ by the depths' sign, the one on the old side.
            const Lanes branch = with_sign(Lanes::Ones(), old2 * depth2_ + old3 * depth3_);
            depth2_ *= branch;
            depth3_ *= branch;
            const Lanes change = (depth2_ - old2).abs() + (depth3_ - old3).abs();
            if ((change - converged).min(room()).maxCoeff() <= 0.0F) break;
        }
    }

    /// Negative in lanes without a solution.
    [[nodiscard]] Lanes room() const {
        return (inverse_depth2_ - min_inverse_depth2_)
            .min(max_inverse_depth2_ - inverse_depth2_)
            .min(width_);
    }

    /// The phantom's poses in the turned view, for the first bead and the sides from there.
    [[nodiscard]] AffineLanes pose(const TurnedSights& sights, const Eigen::Vector3f& side12,
                                   const PointLanes& side13, const Eigen::Vector3f& first) const {
        const PointLanes u{Lanes::Constant(side12.x()), Lanes::Constant(side12.y()),
                           Lanes::Constant(side12.z())};
        const PointLanes normal = u.cross(side13);
        // Rows of the inverse of [u w normal], but for the squared area.
        const PointLanes of_u = side13.cross(normal);
        const PointLanes of_w = normal.cross(u);
        const Lanes depth = inverse_depth2_.sqrt().inverse();
        const Lanes scale = depth / gram_;
        const Lanes scale2 = scale * (1.0F + depth2_);
        const Lanes scale3 = scale * (1.0F + depth3_);
        const PointLanes seen_u{scale2 * sights.second.x(), scale2 * sights.second.y(),
                                scale * depth2_};
        const PointLanes seen_w{scale3 * sights.third.x(), scale3 * sights.third.y(),
                                scale * depth3_};
        const PointLanes seen_normal = seen_u.cross(seen_w);
        const auto row = [&](const Lanes& a, const Lanes& b, const Lanes& c) -> PointLanes {
            const Lanes n = gram_ * c;
            return {a * of_u.x + b * of_w.x + n * normal.x, a * of_u.y + b * of_w.y + n * normal.y,
                    a * of_u.z + b * of_w.z + n * normal.z};
        };
        AffineLanes pose;
        pose.rows = {row(seen_u.x, seen_w.x, seen_normal.x), row(seen_u.y, seen_w.y, seen_normal.y),
                     row(seen_u.z, seen_w.z, seen_normal.z)};
        // The first bead comes to lie on the axis.
        for (std::size_t i = 0; i < 3; ++i)
            pose.shift[i] = -pose.rows[i].dot(first);
        pose.shift[2] += depth;
        return pose;
    }

  private:
    // For images of the sides 1-2 and 1-3 given by their products. The second depth is positive.
    void solve(const Lanes& aa, const Lanes& bb, const Lanes& ab) {
        const Lanes half = 0.5F * (aa * side13_ + bb * side12_ - 2.0F * ab * dot_);
        const Lanes root = half.square() - gram_ * (aa * bb - ab.square());
        // What is out of bounds anyway must not grow beyond what a float holds.
        inverse_depth2_ = ((half + root.max(0.0F).sqrt()) / gram_)
                              .max(0.5F * min_inverse_depth2_)
                              .min(2.0F * max_inverse_depth2_);
        depth2_ = (inverse_depth2_ * side12_ - aa).max(0.0F).sqrt();
        depth3_ = with_sign((inverse_depth2_ * side13_ - bb).max(0.0F).sqrt(),
                            inverse_depth2_ * dot_ - ab);
    }

    [[nodiscard]] static Lanes with_sign(const Lanes& magnitude, const Lanes& sign) {
        Lanes result;
        for (int lane = 0; lane < lane_count; ++lane)
            result[lane] = std::copysign(magnitude[lane], sign[lane]);
        return result;
    }

    float side12_;
    Lanes side13_;
    Lanes dot_;    // of the sides 1-2 and 1-3
    Lanes gram_;   // twice the area, squared
    Lanes width_;  // negative when it is too thin
    float min_inverse_depth2_;
    float max_inverse_depth2_;
    Lanes inverse_depth2_;  // of the first bead, squared
    Lanes depth2_;
    Lanes depth3_;
};

}  // namespace stereo
