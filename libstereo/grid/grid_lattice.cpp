#include <stereo/grid/grid_lattice.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace stereo {

std::string_view grid_kind_name(GridKind kind) {
    return kind == GridKind::hexagonal ? "hexagonal" : "square";
}

Eigen::Vector2d grid_position(GridKind kind, const Eigen::Vector2i& index) {
    const Eigen::Vector2d ij = index.cast<double>();
    if (kind == GridKind::square) return ij;
    return {ij.x() + 0.5 * ij.y(), 0.5 * std::numbers::sqrt3 * ij.y()};
}

Eigen::Vector2i nearest_site(GridKind kind, const Eigen::Vector2d& position) {
    const double j =
        kind == GridKind::square ? position.y() : position.y() * 2.0 / std::numbers::sqrt3;
    const double i = kind == GridKind::square ? position.x() : position.x() - 0.5 * j;
    const Eigen::Vector2i low(static_cast<int>(std::floor(i)), static_cast<int>(std::floor(j)));
    // The nearest is one of the corners of the cell around it: its angles are at least 60 degrees.
    Eigen::Vector2i best = low;
    double least = std::numeric_limits<double>::infinity();
    for (const Eigen::Vector2i& step : {Eigen::Vector2i(0, 0), Eigen::Vector2i(1, 0),
                                        Eigen::Vector2i(0, 1), Eigen::Vector2i(1, 1)}) {
        const double distance = (grid_position(kind, low + step) - position).squaredNorm();
        if (distance < least) {
            least = distance;
            best = low + step;
        }
    }
    return best;
}

Eigen::Vector2i turned_site(GridKind kind, const Eigen::Vector2i& index) {
    return {-index.y(), kind == GridKind::square ? index.x() : index.x() + index.y()};
}

double symmetry_angle_rad(GridKind kind) {
    return kind == GridKind::square ? std::numbers::pi / 2.0 : std::numbers::pi / 3.0;
}

std::span<const Eigen::Vector2i> neighbour_steps(GridKind kind) {
    static const std::array<Eigen::Vector2i, 6> hexagonal = {
        Eigen::Vector2i(1, 0),  Eigen::Vector2i(0, 1),  Eigen::Vector2i(-1, 1),
        Eigen::Vector2i(-1, 0), Eigen::Vector2i(0, -1), Eigen::Vector2i(1, -1)};
    static const std::array<Eigen::Vector2i, 4> square = {
        Eigen::Vector2i(1, 0), Eigen::Vector2i(0, 1), Eigen::Vector2i(-1, 0),
        Eigen::Vector2i(0, -1)};
    if (kind == GridKind::square) return square;
    return hexagonal;
}

}  // namespace stereo
