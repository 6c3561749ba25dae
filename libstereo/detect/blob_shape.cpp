#include "blob_shape.hpp"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <vector>

namespace stereo {
namespace {

// Holds two beads whose centres are two radii apart, and some of what is beside them.
constexpr double reach_radii = 2.5;
constexpr double rim_radii = 2.1;  // from here on

struct Pixel {
    Eigen::Vector2d place;
    double grey;
};

}  // namespace

std::optional<BlobShape> blob_shape(const drr::Image<float>& image, const Eigen::Vector2d& place_px,
                                    double radius_px) {
    const double reach = reach_radii * radius_px;
    const int first_row = std::max(0, static_cast<int>(std::ceil(place_px.y() - reach)));
    const int last_row = std::min(image.height() - 1, static_cast<int>(place_px.y() + reach));
    const int first_column = std::max(0, static_cast<int>(std::ceil(place_px.x() - reach)));
    const int last_column = std::min(image.width() - 1, static_cast<int>(place_px.x() + reach));
    std::vector<Pixel> inner;
    double rim = 0.0;
    int rim_pixels = 0;
    for (int row = first_row; row <= last_row; ++row)
        for (int column = first_column; column <= last_column; ++column) {
            const Pixel pixel{{column, row}, image(column, row)};
            const double distance = (pixel.place - place_px).norm();
            if (distance > reach || !std::isfinite(pixel.grey)) continue;
            if (distance < rim_radii * radius_px) {
                inner.push_back(pixel);
            } else {
                rim += pixel.grey;
                ++rim_pixels;
            }
        }
    if (inner.empty() || rim_pixels == 0) return std::nullopt;
    const double darkest =
        std::min_element(inner.begin(), inner.end(), [](const Pixel& a, const Pixel& b) {
            return a.grey < b.grey;
        })->grey;
    const double half_way = 0.5 * (rim / rim_pixels + darkest);
    Eigen::Vector2d sum(0, 0);
    Eigen::Matrix2d squares = Eigen::Matrix2d::Zero();
    double count = 0.0;
    for (const Pixel& pixel : inner)
        if (pixel.grey < half_way) {
            const Eigen::Vector2d from = pixel.place - place_px;
            sum += from;
            squares += from * from.transpose();
            count += 1.0;
        }
    if (count == 0.0) return std::nullopt;
    const Eigen::Vector2d mean = sum / count;
    const Eigen::SelfAdjointEigenSolver<Eigen::Matrix2d> axes(squares / count -
                                                              mean * mean.transpose());
    if (!(axes.eigenvalues()[0] > 0.0)) return std::nullopt;
    return BlobShape{place_px + mean, axes.eigenvectors().col(1),
                     std::sqrt(axes.eigenvalues()[1] / axes.eigenvalues()[0])};
}

}  // namespace stereo
