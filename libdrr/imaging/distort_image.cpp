#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/imaging/distort_image.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace drr {

namespace {

/// Keys' weights of the four pixels about a place, `share` of a pixel beyond the second.
std::array<float, 4> cubic_weights(float share) {
    const float t = share;
    return {((-0.5F * t + 1.0F) * t - 0.5F) * t, (1.5F * t - 2.5F) * t * t + 1.0F,
            ((-1.5F * t + 2.0F) * t + 0.5F) * t, (0.5F * t - 0.5F) * t * t};
}

/// First of the four pixels about a place, and its weights; far beyond the border all four are the
/// nearest pixel, which clamping their indices makes of them.
struct Taps {
    Taps(int pixel, float shift, int size) {
        const float floor = std::floor(shift);
        weights = cubic_weights(shift - floor);
        const auto most = static_cast<float>(size + 4);
        first = std::clamp(pixel + static_cast<int>(std::clamp(floor, -2.0F * most, most)) - 1, -4,
                           size + 4);
    }

    int first = 0;
    std::array<float, 4> weights;
};

float interpolated(const Image<float>& image, const Taps& along_u, const Taps& along_v) {
    const int last_u = image.width() - 1;
    const int last_v = image.height() - 1;
    const int u = along_u.first;
    const bool inside = u >= 0 && u + 3 <= last_u;
    float sum = 0.0F;
    for (int j = 0; j < 4; ++j) {
        const float* const row = image.row(std::clamp(along_v.first + j, 0, last_v));
        float of_row = 0.0F;
        if (inside)
            for (std::size_t i = 0; i < 4; ++i)
                of_row += along_u.weights[i] * row[u + static_cast<int>(i)];
        else
            for (std::size_t i = 0; i < 4; ++i)
                of_row += along_u.weights[i] * row[std::clamp(u + static_cast<int>(i), 0, last_u)];
        sum += along_v.weights[static_cast<std::size_t>(j)] * of_row;
    }
    return sum;
}

/// `source(pixel, factor)` is where a pixel's value comes from and what it is multiplied by.
template <class Source>
ResamplingMap make_map(int width, int height, const Source& source) {
    const Image<float> empty(width, height);
    ResamplingMap map{empty, empty, empty};
    parallel_for(static_cast<std::size_t>(height), [&](std::size_t index) {
        const int v = static_cast<int>(index);
        for (int u = 0; u < width; ++u) {
            const Eigen::Vector2d pixel(u, v);
            double factor = 1.0;
            const Eigen::Vector2d shift = source(pixel, factor) - pixel;
            map.shift_u_px(u, v) = static_cast<float>(shift.x());
            map.shift_v_px(u, v) = static_cast<float>(shift.y());
            map.factor(u, v) = static_cast<float>(factor);
        }
    });
    return map;
}

}  // namespace

ResamplingMap distortion_map(const IntensifierDistortion& distortion, int width_px, int height_px,
                             Stretch stretch) {
    distortion.validate(width_px, height_px);
    const auto source = [&](const Eigen::Vector2d& pixel, double& factor) -> Eigen::Vector2d {
        const auto undistorted = distortion.undistort(pixel);
        require(undistorted.has_value(), "the distortion folds over within the image");
        if (stretch == Stretch::thins_out) factor = 1.0 / distortion.area_ratio(*undistorted);
        return *undistorted;
    };
    return make_map(width_px, height_px, source);
}

Image<float> resample(const Image<float>& image, const ResamplingMap& map) {
    const int width = image.width();
    for (const Image<float>* part : {&map.shift_u_px, &map.shift_v_px, &map.factor})
        require(part->width() == width && part->height() == image.height(),
                "the image and the map differ in size");
    Image<float> result(width, image.height());
    parallel_for(static_cast<std::size_t>(image.height()), [&](std::size_t index) {
        const int v = static_cast<int>(index);
        const float* const shift_u = map.shift_u_px.row(v);
        const float* const shift_v = map.shift_v_px.row(v);
        const float* const factor = map.factor.row(v);
        float* const out = result.row(v);
        for (int u = 0; u < width; ++u)
            out[u] = factor[u] * interpolated(image, Taps(u, shift_u[u], width),
                                              Taps(v, shift_v[u], image.height()));
    });
    return result;
}

Image<float> distort_image(const Image<float>& image, const IntensifierDistortion& distortion,
                           Stretch stretch) {
    return resample(image, distortion_map(distortion, image.width(), image.height(), stretch));
}

Image<float> undistort_image(const Image<float>& image, const IntensifierDistortion& distortion,
                             Stretch stretch) {
    distortion.validate(image.width(), image.height());
    const auto source = [&](const Eigen::Vector2d& pixel, double& factor) -> Eigen::Vector2d {
        if (stretch == Stretch::thins_out) factor = distortion.area_ratio(pixel);
        return distortion.distort(pixel);
    };
    return resample(image, make_map(image.width(), image.height(), source));
}

}  // namespace drr
