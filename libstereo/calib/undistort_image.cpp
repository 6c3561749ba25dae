#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <stereo/calib/undistortion.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace stereo {
namespace {

/// Weights of the pixels before, at, after and two after a place, by Keys' cubic convolution.
std::array<double, 4> cubic_weights(double t) {
    const double s = 1.0 - t;
    return {-0.5 * t * s * s, 1.0 - 2.5 * t * t + 1.5 * t * t * t,
            1.0 - 2.5 * s * s + 1.5 * s * s * s, -0.5 * s * t * t};
}

float value_at(const drr::Image<float>& image, double x, double y) {
    const int u = static_cast<int>(std::floor(x));
    const int v = static_cast<int>(std::floor(y));
    const std::array<double, 4> across = cubic_weights(x - u);
    const std::array<double, 4> down = cubic_weights(y - v);
    double sum = 0.0;
    for (int j = 0; j < 4; ++j) {
        const float* row = image.row(std::clamp(v + j - 1, 0, image.height() - 1));
        double along = 0.0;
        for (int i = 0; i < 4; ++i)
            along += across[static_cast<std::size_t>(i)] *
                     static_cast<double>(row[std::clamp(u + i - 1, 0, image.width() - 1)]);
        sum += down[static_cast<std::size_t>(j)] * along;
    }
    return static_cast<float>(sum);
}

}  // namespace

LookupMap lookup_map(const Undistortion& undistortion) {
    if (const auto* table = std::get_if<LookupMap>(&undistortion.map)) return *table;
    LookupMap table{drr::Image<float>(undistortion.width_px, undistortion.height_px, -1.0F),
                    drr::Image<float>(undistortion.width_px, undistortion.height_px, -1.0F)};
    drr::parallel_for(static_cast<std::size_t>(undistortion.height_px), [&](std::size_t row) {
        const int v = static_cast<int>(row);
        for (int u = 0; u < undistortion.width_px; ++u) {
            const auto seen = undistortion.distort({u, v});
            // A place above or left of the image cannot be told from none, and is not seen either.
            if (!seen || (seen->point_px.array() < 0.0).any()) continue;
            table.u_px(u, v) = static_cast<float>(seen->point_px.x());
            table.v_px(u, v) = static_cast<float>(seen->point_px.y());
        }
    });
    return table;
}

drr::Image<float> undistort_image(const drr::Image<float>& image, const LookupMap& table) {
    drr::require(image.width() == table.u_px.width() && image.height() == table.u_px.height(),
                 "an image and its undistortion must be of one size");
    drr::Image<float> result(image.width(), image.height(), 0.0F);
    drr::parallel_for(static_cast<std::size_t>(image.height()), [&](std::size_t row) {
        const int v = static_cast<int>(row);
        for (int u = 0; u < image.width(); ++u) {
            const double x = table.u_px(u, v);
            const double y = table.v_px(u, v);
            if (x < 0.0 || y < 0.0 || x > image.width() - 1 || y > image.height() - 1) continue;
            result(u, v) = value_at(image, x, y);
        }
    });
    return result;
}

}  // namespace stereo
