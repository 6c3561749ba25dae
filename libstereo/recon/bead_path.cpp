#include "bead_path.hpp"

#include <stereo/recon/triangulate.hpp>

#include <Eigen/LU>
#include <Eigen/SparseCholesky>

#include <algorithm>
#include <array>
#include <cmath>

namespace stereo {
namespace {

// Controls that no sighting depends on stay where they are: known to a metre, which is nothing
// beside what a sighting says (a hundredth of a millimetre) and keeps the matrix regular.
constexpr double loose_mm = 1000.0;

}  // namespace

BeadPath::Basis BeadPath::basis(double frame) const {
    const double at = (frame - begin) / spacing;
    const double last = static_cast<double>(controls_mm.size()) - 4.0;
    const double knot = std::clamp(std::floor(at), 0.0, last);
    const double u = at - knot;
    Basis result;
    result.first = static_cast<std::size_t>(knot);
    result.weight << (1 - u) * (1 - u) * (1 - u), 3 * u * u * u - 6 * u * u + 4,
        -3 * u * u * u + 3 * u * u + 3 * u + 1, u * u * u;
    result.weight /= 6.0;
    result.weight_per_frame << -(1 - u) * (1 - u), 3 * u * u - 4 * u, -3 * u * u + 2 * u + 1, u * u;
    result.weight_per_frame /= 2.0 * spacing;
    return result;
}

PathEquations path_equations(const std::array<drr::CalibratedView, 2>& views,
                             const BeadSightings& bead, const BeadPath& path,
                             double offset_frames) {
    PathEquations result;
    const auto size = static_cast<Eigen::Index>(3 * path.controls_mm.size());
    std::vector<Eigen::Triplet<double>> entries;
    Eigen::VectorXd gradient = Eigen::VectorXd::Zero(size);
    Eigen::VectorXd coupling = Eigen::VectorXd::Zero(size);  // of the path and the offset
    double information = 0.0;
    double offset_gradient = 0.0;
    std::vector<bool> touched(path.controls_mm.size(), false);
    for (std::size_t v = 0; v < 2; ++v)
        for (std::size_t f = 0; f < bead[v].size(); ++f) {
            if (!bead[v][f]) continue;
            const BeadPath::Basis basis =
                path.basis(static_cast<double>(f) + (v == 1 ? offset_frames : 0.0));
            Eigen::Vector3d point = Eigen::Vector3d::Zero();
            Eigen::Vector3d velocity = Eigen::Vector3d::Zero();
            for (std::size_t k = 0; k < 4; ++k) {
                const auto row = static_cast<Eigen::Index>(k);
                point += basis.weight[row] * path.controls_mm[basis.first + k];
                velocity += basis.weight_per_frame[row] * path.controls_mm[basis.first + k];
                touched[basis.first + k] = true;
            }
            if (!((views[v].view_from_world * point).z() > 0.0)) return result;
            const Eigen::Vector2d residual = views[v].project(point) - bead[v][f]->pixel;
            const Eigen::Matrix2d weight = bead[v][f]->covariance_px2.inverse();
            const Eigen::Matrix<double, 2, 3> jacobian = projection_jacobian(views[v], point);
            const Eigen::Matrix3d normal = jacobian.transpose() * weight * jacobian;
            const Eigen::Vector3d pull = jacobian.transpose() * weight * residual;
            result.chi_square += residual.dot(weight * residual);
            result.squares_px2 += residual.squaredNorm();
            result.numbers += 2;
            for (int a = 0; a < 4; ++a) {
                const auto row = static_cast<Eigen::Index>(3 * (basis.first + std::size_t(a)));
                gradient.segment<3>(row) += basis.weight[a] * pull;
                if (v == 1) coupling.segment<3>(row) += basis.weight[a] * normal * velocity;
                for (int b = 0; b < 4; ++b)
                    for (int i = 0; i < 3; ++i)
                        for (int j = 0; j < 3; ++j)
                            entries.emplace_back(
                                row + i,
                                static_cast<Eigen::Index>(3 * (basis.first + std::size_t(b))) + j,
                                basis.weight[a] * basis.weight[b] * normal(i, j));
            }
            if (v == 0) continue;
            information += velocity.dot(normal * velocity);
            offset_gradient += velocity.dot(pull);
        }
    for (Eigen::Index i = 0; i < size; ++i)
        entries.emplace_back(i, i, 1.0 / (loose_mm * loose_mm));
    Eigen::SparseMatrix<double> normal(size, size);
    normal.setFromTriplets(entries.begin(), entries.end());
    const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>, Eigen::Lower,
                                Eigen::NaturalOrdering<int>>
        factor(normal);
    if (factor.info() != Eigen::Success) return result;
    result.path_step = factor.solve(-gradient);
    result.path_by_offset = factor.solve(-coupling);
    result.information = information + coupling.dot(result.path_by_offset);
    result.gradient = offset_gradient + coupling.dot(result.path_step);
    result.parameters = 3 * static_cast<int>(std::count(touched.begin(), touched.end(), true));
    result.ok = true;
    return result;
}

std::optional<BeadPath> first_path(const std::array<drr::CalibratedView, 2>& views,
                                   const BeadSightings& bead, double offset_frames,
                                   double spacing_frames, double margin_frames) {
    std::vector<std::pair<double, Eigen::Vector3d>> points;
    const auto frames = static_cast<long>(bead[0].size());
    for (long f = 0; f < frames; ++f) {
        const long g = f - std::lround(offset_frames);
        if (g < 0 || g >= frames) continue;
        const auto& a = bead[0][static_cast<std::size_t>(f)];
        const auto& b = bead[1][static_cast<std::size_t>(g)];
        if (!a || !b) continue;
        const Triangulation point = triangulate(views, std::array{*a, *b});
        if (point.ok) points.emplace_back(static_cast<double>(f), point.point_in_world_mm);
    }
    if (points.empty()) return std::nullopt;
    BeadPath path;
    path.begin = -margin_frames;
    path.spacing = spacing_frames;
    const double length = static_cast<double>(frames - 1) + 2.0 * margin_frames;
    const auto controls = static_cast<std::size_t>(std::ceil(length / spacing_frames)) + 3;
    for (std::size_t k = 0; k < controls; ++k) {
        // A control pulls most one knot after its first.
        const double at = path.begin + (static_cast<double>(k) - 1.0) * spacing_frames;
        path.controls_mm.push_back(
            std::min_element(points.begin(), points.end(), [at](const auto& a, const auto& b) {
                return std::abs(a.first - at) < std::abs(b.first - at);
            })->second);
    }
    return path;
}

}  // namespace stereo
