#include "distortion_fits.hpp"

#include <Eigen/Cholesky>
#include <Eigen/LU>

#include <cmath>

namespace stereo {
namespace {

constexpr int max_iterations = 100;
constexpr double converged = 1e-12;  // relative change of the sum of squares

// Parameters: a, b, c, d of the similarity, then k1 to k3, of which `radial` are used, p1 and p2.
constexpr int similarity_parameters = 4;
constexpr int most_parameters = 9;
using Parameters = Eigen::Matrix<double, most_parameters, 1>;
using Rows = Eigen::Matrix<double, 2, most_parameters>;

struct Lens {
    drr::Pinhole pinhole;
    int radial = 0;

    [[nodiscard]] BrownConradyMap map(const Parameters& p) const {
        BrownConradyMap result{pinhole, {}};
        result.distortion.coefficients = {p[4], p[5], p[7], p[8], p[6], 0.0, 0.0, 0.0};
        return result;
    }
    [[nodiscard]] static Eigen::Vector2d place(const Parameters& p, const Eigen::Vector2d& q) {
        return {p[0] * q.x() - p[1] * q.y() + p[2], p[1] * q.x() + p[0] * q.y() + p[3]};
    }
    /// Derivatives of where a place is seen; those of unused parameters are 0.
    [[nodiscard]] Rows derivatives(const Parameters& p, const Eigen::Vector2d& q) const {
        const Eigen::Vector2d at = place(p, q);
        const Eigen::Matrix2d jacobian = map(p).at(at)->jacobian;
        Eigen::Matrix<double, 2, similarity_parameters> similarity;
        similarity << q.x(), -q.y(), 1.0, 0.0, q.y(), q.x(), 0.0, 1.0;
        Rows rows = Rows::Zero();
        rows.leftCols<similarity_parameters>() = jacobian * similarity;
        const Eigen::Vector2d n((at.x() - pinhole.cx_px) / pinhole.fx_px,
                                (at.y() - pinhole.cy_px) / pinhole.fy_px);
        const double r2 = n.squaredNorm();
        double power = r2;
        for (int k = 0; k < radial; ++k, power *= r2)
            rows.col(similarity_parameters + k) = pinhole.fx_px * power * n;
        rows.col(7) =
            pinhole.fx_px * Eigen::Vector2d(2.0 * n.x() * n.y(), r2 + 2.0 * n.y() * n.y());
        rows.col(8) =
            pinhole.fx_px * Eigen::Vector2d(r2 + 2.0 * n.x() * n.x(), 2.0 * n.x() * n.y());
        return rows;
    }
};

}  // namespace

std::optional<LensFit> fit_brown_conrady(const PlacePairs& pairs, int radial, int width_px,
                                         int height_px) {
    const int used = similarity_parameters + radial + 2;
    if (2 * pairs.undistorted_px.size() <= static_cast<std::size_t>(used)) return std::nullopt;
    const double focal = 0.5 * std::hypot(width_px, height_px);
    const Lens lens{{focal, focal, 0.5 * (width_px - 1), 0.5 * (height_px - 1)}, radial};
    Parameters p = Parameters::Zero();
    p[0] = 1.0;
    const auto residual = [&](const Parameters& at, std::size_t i) -> Eigen::Vector2d {
        return pairs.distorted_px[i] -
               lens.map(at).at(Lens::place(at, pairs.undistorted_px[i]))->point_px;
    };
    const auto cost = [&](const Parameters& at) {
        double sum = 0.0;
        for (std::size_t i = 0; i < pairs.undistorted_px.size(); ++i)
            sum += residual(at, i).squaredNorm();
        return sum;
    };
    using Normal = Eigen::Matrix<double, most_parameters, most_parameters>;
    const auto normal_at = [&](const Parameters& at, Parameters* right) {
        Normal normal = Normal::Zero();
        for (std::size_t i = 0; i < pairs.undistorted_px.size(); ++i) {
            const Rows rows = lens.derivatives(at, pairs.undistorted_px[i]);
            normal += rows.transpose() * rows;
            if (right != nullptr) *right += rows.transpose() * residual(at, i);
        }
        // Unused parameters stay where they are.
        for (int k = 0; k < most_parameters; ++k)
            if (normal(k, k) == 0.0) normal(k, k) = 1.0;
        return normal;
    };
    double sum = cost(p);
    double damping = 1e-6;
    bool done = false;
    for (int iteration = 0; iteration < max_iterations && !done; ++iteration) {
        Parameters right = Parameters::Zero();
        const Normal normal = normal_at(p, &right);
        bool better = false;
        for (; !better && damping < 1e6; damping *= 10.0) {
            Normal damped = normal;
            damped.diagonal() *= 1.0 + damping;
            const Parameters next = p + damped.ldlt().solve(right);
            const double next_sum = cost(next);
            better = next_sum <= sum;
            if (!better) continue;
            done = sum - next_sum <= converged * sum;
            p = next;
            sum = next_sum;
        }
        damping = std::max(damping / 100.0, 1e-12);
        done = done || !better;
    }
    if (!p.allFinite() || !done) return std::nullopt;
    LensFit result;
    result.similarity = p.head<similarity_parameters>();
    result.fit.map = lens.map(p);
    result.fit.parameters = 0.5 * used;
    const Normal inverse = normal_at(p, nullptr).ldlt().solve(Normal::Identity());
    for (std::size_t i = 0; i < pairs.undistorted_px.size(); ++i) {
        const Rows rows = lens.derivatives(p, pairs.undistorted_px[i]);
        const Eigen::Matrix2d left =
            Eigen::Matrix2d::Identity() - rows * inverse * rows.transpose();
        result.fit.left_out_px.emplace_back(left.partialPivLu().solve(residual(p, i)));
    }
    return result;
}

}  // namespace stereo
