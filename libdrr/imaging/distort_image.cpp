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

/// The four pixels of a row or column about a place that lies `shift` from a pixel.
struct Taps {
    Taps(int pixel, float shift) {
        int floor = static_cast<int>(shift);  // not std::floor, which is a call on many machines
        if (static_cast<float>(floor) > shift) --floor;
        first = pixel + floor - 1;
        weights = cubic_weights(shift - static_cast<float>(floor));
    }

    int first = 0;
    std::array<float, 4> weights;
};

float interpolated_at_border(const Image<float>& image, const Taps& along_u, const Taps& along_v) {
    float sum = 0.0F;
    for (int j = 0; j < 4; ++j)
        for (int i = 0; i < 4; ++i)
            sum += along_v.weights[static_cast<std::size_t>(j)] *
                   along_u.weights[static_cast<std::size_t>(i)] *
                   image(std::clamp(along_u.first + i, 0, image.width() - 1),
                         std::clamp(along_v.first + j, 0, image.height() - 1));
    return sum;
}

float interpolated_inside(const Image<float>& image, const Taps& along_u, const Taps& along_v) {
    const float* row = image.row(along_v.first) + along_u.first;
    float sum = 0.0F;
    for (std::size_t j = 0; j < 4; ++j, row += image.width()) {
        float of_row = 0.0F;
        for (std::size_t i = 0; i < 4; ++i)
            of_row += along_u.weights[i] * row[i];
        sum += along_v.weights[j] * of_row;
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

std::vector<Image<float>> resample(const std::vector<const Image<float>*>& images,
                                   const ResamplingMap& map) {
    const int width = map.factor.width();
    const int height = map.factor.height();
    std::vector<Image<float>> results;
    for (const Image<float>* image : images) {
        require(image->width() == width && image->height() == height,
                "the image and the map differ in size");
        results.emplace_back(width, height);
    }
    parallel_for(static_cast<std::size_t>(height), [&](std::size_t index) {
        const int v = static_cast<int>(index);
        const float* const shift_u = map.shift_u_px.row(v);
        const float* const shift_v = map.shift_v_px.row(v);
        const float* const factor = map.factor.row(v);
        for (int u = 0; u < width; ++u) {
            const Taps along_u(u, shift_u[u]);
            const Taps along_v(v, shift_v[u]);
            const bool inside = along_u.first >= 0 && along_u.first + 3 < width &&
                                along_v.first >= 0 && along_v.first + 3 < height;
            for (std::size_t i = 0; i < images.size(); ++i)
                results[i](u, v) =
                    factor[u] * (inside ? interpolated_inside(*images[i], along_u, along_v)
                                        : interpolated_at_border(*images[i], along_u, along_v));
        }
    });
    return results;
}

Image<float> distort_image(const Image<float>& image, const IntensifierDistortion& distortion,
                           Stretch stretch) {
    return resample({&image},
                    distortion_map(distortion, image.width(), image.height(), stretch))[0];
}

Image<float> undistort_image(const Image<float>& image, const IntensifierDistortion& distortion,
                             Stretch stretch) {
    distortion.validate(image.width(), image.height());
    const auto source = [&](const Eigen::Vector2d& pixel, double& factor) -> Eigen::Vector2d {
        if (stretch == Stretch::thins_out) factor = distortion.area_ratio(pixel);
        return distortion.distort(pixel);
    };
    return resample({&image}, make_map(image.width(), image.height(), source))[0];
}

}  // namespace drr
