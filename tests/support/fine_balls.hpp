#pragma once

#include <drr/core/image.hpp>
#include <drr/core/rng.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace test {

/// Shadows of balls by fine sampling, independent of the library: the transmission exp(-chord) at
/// 10 x 10 points a pixel, blurred by a Gaussian on that grid and averaged over each pixel. Balls
/// stand at offsets of whole fine samples from the middle of the grid, so their centres are exact
/// by symmetry.
class FineBalls {
  public:
    static constexpr int sub = 10;
    struct Ball {
        int dx = 0, dy = 0;  // fine samples from the middle
        double radius = 0.0, attenuation = 0.0;
    };

    FineBalls(int half_size_px, double blur_px, const std::vector<Ball>& balls)
        : n_(2 * (half_size_px + 1) * sub), fine_(static_cast<std::size_t>(n_ * n_), 1.0) {
        for (int row = 0; row < n_; ++row)
            for (int column = 0; column < n_; ++column)
                for (const Ball& b : balls) {
                    const double x = (column + 0.5 - 0.5 * n_ - b.dx) / (sub * b.radius);
                    const double y = (row + 0.5 - 0.5 * n_ - b.dy) / (sub * b.radius);
                    const double d2 = x * x + y * y;
                    if (d2 < 1.0) at(column, row) *= std::exp(-b.attenuation * std::sqrt(1.0 - d2));
                }
        blur(blur_px * sub);
    }

    /// Pixels that begin (ox, oy) fine samples from the grid's corner, 0 to 2 sub.
    [[nodiscard]] drr::Image<double> pixels(int ox, int oy) const {
        const int size = n_ / sub - 2;
        drr::Image<double> image(size, size);
        for (int row = 0; row < size * sub; ++row)
            for (int column = 0; column < size * sub; ++column)
                image(column / sub, row / sub) += at(column + ox, row + oy) / (sub * sub);
        return image;
    }
    /// Pixel coordinate of a place d fine samples from the middle for an offset o.
    [[nodiscard]] double coordinate(int d, int o) const {
        return (0.5 * n_ + d - 0.5 * sub - o) / sub;
    }

  private:
    [[nodiscard]] double at(int column, int row) const {
        return fine_[static_cast<std::size_t>(row * n_ + column)];
    }
    double& at(int column, int row) { return fine_[static_cast<std::size_t>(row * n_ + column)]; }
    void blur(double sd) {
        const int reach = static_cast<int>(std::ceil(5.0 * sd));
        std::vector<double> kernel;
        double sum = 0.0;
        for (int k = -reach; k <= reach; ++k) {
            kernel.push_back(std::exp(-0.5 * k * k / (sd * sd)));
            sum += kernel.back();
        }
        for (double& k : kernel)
            k /= sum;
        for (const bool along_rows : {true, false}) {
            std::vector<double> blurred(fine_.size());
            for (int row = 0; row < n_; ++row)
                for (int column = 0; column < n_; ++column) {
                    double value = 0.0;
                    for (int k = -reach; k <= reach; ++k)
                        value += kernel[static_cast<std::size_t>(k + reach)] *
                                 at(std::clamp(column + (along_rows ? k : 0), 0, n_ - 1),
                                    std::clamp(row + (along_rows ? 0 : k), 0, n_ - 1));
                    blurred[static_cast<std::size_t>(row * n_ + column)] = value;
                }
            fine_ = std::move(blurred);
        }
    }

    int n_;
    std::vector<double> fine_;
};

inline drr::Image<float> with_photons(const drr::Image<double>& clean, double photons,
                                      drr::Rng& rng) {
    drr::Image<float> image(clean.width(), clean.height());
    for (std::size_t i = 0; i < clean.size(); ++i)
        image.pixels()[i] = static_cast<float>(rng.poisson(photons * clean.pixels()[i]));
    return image;
}

}  // namespace test
