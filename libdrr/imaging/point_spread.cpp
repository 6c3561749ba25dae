#include <drr/core/error.hpp>
#include <drr/imaging/point_spread.hpp>

#include <fmt/format.h>
#include <opencv2/core.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace drr {

namespace {

double interpolated(const MtfTable& table, double cycles_per_mm) {
    const auto& f = table.cycles_per_mm;
    const auto upper = std::upper_bound(f.begin(), f.end(), cycles_per_mm);
    if (upper == f.end()) return table.values.back();
    const auto i = static_cast<std::size_t>(upper - f.begin());
    const double share = (cycles_per_mm - f[i - 1]) / (f[i] - f[i - 1]);
    return table.values[i - 1] + share * (table.values[i] - table.values[i - 1]);
}

void validate(const MtfTable& table, const Eigen::Vector2d& pixel_pitch_mm) {
    const auto& f = table.cycles_per_mm;
    require(f.size() >= 2 && f.size() == table.values.size(),
            fmt::format("an MTF needs two frequencies or more and as many values, found {} and {}",
                        f.size(), table.values.size()));
    require(f.front() == 0.0 && table.values.front() == 1.0,
            "an MTF must begin with the value 1 at 0 cycles/mm");
    for (std::size_t i = 1; i < f.size(); ++i)
        require(std::isfinite(f[i]) && f[i] > f[i - 1], "the frequencies of an MTF must ascend");
    for (const double value : table.values)
        require(value >= 0.0 && value <= 1.0, "the values of an MTF must be between 0 and 1");
    const double nyquist = 0.5 / pixel_pitch_mm.minCoeff();
    // Tables are typed with few digits.
    constexpr double slack = 1e-3;
    require(f.back() >= (1.0 - slack) * nyquist,
            fmt::format("the MTF ends at {:g} cycles/mm; pixels of {:g} mm need it up to {:g}",
                        f.back(), pixel_pitch_mm.minCoeff(), nyquist));
}

/// The smallest size not below `size` that the cosine transform is made for: even and fast.
int transform_size(int size) {
    int result = size;
    do
        result = cv::getOptimalDFTSize(result + result % 2);
    while (result % 2 != 0);
    return result;
}

}  // namespace

int default_subpixels(const SpreadShape& shape) {
    constexpr double wide_px = 2.0;
    constexpr int narrow_subpixels = 2;
    const auto* gaussian = std::get_if<GaussianSpread>(&shape);
    const auto* exponential = std::get_if<ExponentialSpread>(&shape);
    const bool narrow = (gaussian && gaussian->sigma_px < wide_px) ||
                        (exponential && exponential->length_px < wide_px);
    return narrow ? narrow_subpixels : 1;
}

void validate(const SpreadShape& shape, const Eigen::Vector2d& pixel_pitch_mm) {
    require(pixel_pitch_mm.allFinite() && pixel_pitch_mm.minCoeff() > 0.0,
            "the pixel pitch must be positive");
    if (const auto* gaussian = std::get_if<GaussianSpread>(&shape)) {
        require(gaussian->sigma_px >= 0.0 && gaussian->sigma_px <= max_gaussian_sigma_px,
                fmt::format("the point spread's sigma must be between 0 and {} px, found {}",
                            max_gaussian_sigma_px, gaussian->sigma_px));
    } else if (const auto* exponential = std::get_if<ExponentialSpread>(&shape)) {
        constexpr double longest_px = 50.0;  // beyond, it is glare, not point spread
        require(exponential->length_px >= 0.0 && exponential->length_px <= longest_px,
                fmt::format("the point spread's length must be between 0 and {} px, found {}",
                            longest_px, exponential->length_px));
    } else {
        validate(std::get<MtfTable>(shape), pixel_pitch_mm);
    }
}

void validate(const PointSpread& spread, const Eigen::Vector2d& pixel_pitch_mm) {
    validate(spread.shape, pixel_pitch_mm);
    require(spread.subpixels >= 1 && spread.subpixels <= max_subpixels,
            fmt::format("subpixels must be 1 to {}, found {}", max_subpixels, spread.subpixels));
}

SpreadShape finer(const SpreadShape& shape, int parts) {
    if (const auto* gaussian = std::get_if<GaussianSpread>(&shape))
        return GaussianSpread{parts * gaussian->sigma_px};
    if (const auto* exponential = std::get_if<ExponentialSpread>(&shape))
        return ExponentialSpread{parts * exponential->length_px};
    return shape;  // in cycles per mm
}

double mtf(const SpreadShape& shape, const Eigen::Vector2d& cycles_per_px,
           const Eigen::Vector2d& pixel_pitch_mm) {
    constexpr double turn = 2.0 * std::numbers::pi;
    if (const auto* gaussian = std::get_if<GaussianSpread>(&shape)) {
        const double variance = gaussian->sigma_px * gaussian->sigma_px;
        const auto along_axis = [&](double f) {
            // The sum of exp(-s^2) I_n(s^2) cos(2 pi f n).
            if (gaussian->sigma_px < least_sampled_sigma_px)
                return std::exp(variance * (std::cos(turn * f) - 1.0));
            // Samples repeat the Gaussian's transfer at every whole frequency.
            const auto wave = [&](double g) {
                return std::exp(-0.5 * turn * turn * variance * g * g);
            };
            return (wave(f) + wave(1.0 - f) + wave(1.0 + f)) / (1.0 + 2.0 * wave(1.0));
        };
        return along_axis(cycles_per_px.x()) * along_axis(cycles_per_px.y());
    }
    if (const auto* exponential = std::get_if<ExponentialSpread>(&shape)) {
        const double product = turn * exponential->length_px;
        return 1.0 / (1.0 + product * product * cycles_per_px.squaredNorm());
    }
    return interpolated(std::get<MtfTable>(shape),
                        cycles_per_px.cwiseQuotient(pixel_pitch_mm).norm());
}

PointSpreadFilter::PointSpreadFilter(const SpreadShape& shape, int width_px, int height_px,
                                     const Eigen::Vector2d& pixel_pitch_mm, int parts)
    : width_px_(width_px), height_px_(height_px), parts_(parts) {
    validate(shape, pixel_pitch_mm);
    require(width_px > 0 && height_px > 0, "an image that is to be spread has pixels");
    require(parts > 0 && width_px % parts == 0 && height_px % parts == 0,
            "an image that is to be spread has whole pixels");
    if (const auto* gaussian = std::get_if<GaussianSpread>(&shape)) {
        gaussian_.emplace(gaussian->sigma_px, gaussian->sigma_px, parts);
        return;
    }
    transfer_ = Image<float>(transform_size(width_px), transform_size(height_px));
    const Eigen::Vector2d step(0.5 / transfer_.width(), 0.5 / transfer_.height());
    for (int v = 0; v < transfer_.height(); ++v)
        for (int u = 0; u < transfer_.width(); ++u)
            transfer_(u, v) = static_cast<float>(
                mtf(shape, step.cwiseProduct(Eigen::Vector2d(u, v)), pixel_pitch_mm));
}

int PointSpreadFilter::reach_px() const {
    return gaussian_ ? gaussian_->reach_px() : height_px_;
}

Image<float> PointSpreadFilter::rows(const Image<float>& given, int first, RowRange wanted) const {
    require(given.width() == width_px_ && first >= 0 && first + given.height() <= height_px_ &&
                (gaussian_ || given.height() == height_px_),
            "the image is not of the size that the point spread was made for");
    if (gaussian_) return gaussian_->rows(given, first, height_px_, wanted);
    const cv::Mat whole(height_px_, width_px_, CV_32F,
                        const_cast<float*>(given.pixels().data()));  // OpenCV only reads it
    const cv::Mat transfer(transfer_.height(), transfer_.width(), CV_32F,
                           const_cast<float*>(transfer_.pixels().data()));
    cv::Mat work;
    cv::copyMakeBorder(whole, work, 0, transfer.rows - whole.rows, 0, transfer.cols - whole.cols,
                       cv::BORDER_REFLECT);
    cv::dct(work, work);
    cv::multiply(work, transfer, work);
    cv::idct(work, work);
    Image<float> pixels(width_px_ / parts_, wanted.count());
    for (int v = wanted.first * parts_; v < wanted.last * parts_; ++v) {
        const float* const in = work.ptr<float>(v);
        float* const out = pixels.row(v / parts_ - wanted.first);
        for (int u = 0; u < pixels.width(); ++u)
            for (int part = 0; part < parts_; ++part)
                out[u] += in[u * parts_ + part];
    }
    return pixels;
}

}  // namespace drr
