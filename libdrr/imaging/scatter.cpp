#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/geometry/rescaled_px.hpp>
#include <drr/imaging/blur.hpp>
#include <drr/imaging/scatter.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace drr {

namespace {

constexpr double cells_per_sigma = 8.0;

/// Pixels to a cell along one axis; cells of an eighth of sigma resolve what is smooth over sigma.
int cell_px(double sigma_px, int size) {
    return std::clamp(static_cast<int>(std::min(sigma_px / cells_per_sigma, 1e6)), 1, size);
}

/// Sigma in cells; means over cells and lines between their centres blur too.
double cell_sigma(double sigma_px, int cell) {
    const double k = cell;
    const double of_cells = (1.0 - 1.0 / (k * k)) * (1.0 / 12.0 + 1.0 / 6.0);
    return std::sqrt(std::max(sigma_px * sigma_px / (k * k) - of_cells, 0.0));
}

/// Where a pixel lies between the centres of two cells.
struct Between {
    int first = 0;
    int second = 0;
    float share = 0.0F;  ///< of the second
};

std::vector<Between> between_cells(int size, int cell, int cells) {
    std::vector<Between> result;
    for (int i = 0; i < size; ++i) {
        const double at = std::clamp(rescaled_px(i, 1.0 / cell), 0.0, cells - 1.0);
        const int first = static_cast<int>(at);
        result.push_back({first, std::min(first + 1, cells - 1), static_cast<float>(at - first)});
    }
    return result;
}

/// Scatter on a coarse grid of cells.
class CoarseScatter {
  public:
    CoarseScatter(const SignalImages& primary, const Image<float>& open_mean,
                  const Scatter& scatter, const Eigen::Vector2d& pixel_pitch_mm)
        : width_(primary.mean.width()), height_(primary.mean.height()) {
        const Eigen::Vector2d sigma_px = scatter.sigma_mm * pixel_pitch_mm.cwiseInverse();
        cell_u_ = cell_px(sigma_px.x(), width_);
        cell_v_ = cell_px(sigma_px.y(), height_);
        const int cells_u = (width_ + cell_u_ - 1) / cell_u_;
        const int cells_v = (height_ + cell_v_ - 1) / cell_v_;
        mean_ = Image<float>(cells_u, cells_v);
        variance_ = mean_;
        parallel_for(static_cast<std::size_t>(cells_v), [&](std::size_t row) {
            make_row(primary, open_mean, scatter.ratio / scatter.line_integral,
                     static_cast<int>(row));
        });
        for (Image<float>* image : {&mean_, &variance_})
            *image = gaussian_blur(*image, cell_sigma(sigma_px.x(), cell_u_),
                                   cell_sigma(sigma_px.y(), cell_v_));
        columns_ = between_cells(width_, cell_u_, cells_u);
        rows_ = between_cells(height_, cell_v_, cells_v);
    }

    /// One row of pixels of the mean or the variance.
    void row(int v, bool variance, std::vector<float>& out) const {
        const Image<float>& image = variance ? variance_ : mean_;
        const Between& at = rows_[static_cast<std::size_t>(v)];
        const float* const above = image.row(at.first);
        const float* const below = image.row(at.second);
        std::vector<float> cells(static_cast<std::size_t>(image.width()));
        for (std::size_t i = 0; i < cells.size(); ++i)
            cells[i] = above[i] + at.share * (below[i] - above[i]);
        out.resize(columns_.size());
        for (std::size_t u = 0; u < out.size(); ++u) {
            const float left = cells[static_cast<std::size_t>(columns_[u].first)];
            const float right = cells[static_cast<std::size_t>(columns_[u].second)];
            out[u] = left + columns_[u].share * (right - left);
        }
    }

  private:
    void make_row(const SignalImages& primary, const Image<float>& open_mean,
                  double ratio_per_line_integral, int cell_row) {
        const int first_v = cell_row * cell_v_;
        const int end_v = std::min(first_v + cell_v_, height_);
        std::vector<double> mean(static_cast<std::size_t>(mean_.width()));
        std::vector<double> variance = mean;
        for (int v = first_v; v < end_v; ++v) {
            const float* const p = primary.mean.row(v);
            const float* const s = primary.variance.row(v);
            const float* const open = open_mean.row(v);
            for (std::size_t cell = 0; cell < mean.size(); ++cell) {
                const int first_u = static_cast<int>(cell) * cell_u_;
                const int end_u = std::min(first_u + cell_u_, width_);
                float mean_sum = 0.0F;
                float variance_sum = 0.0F;
                for (int u = first_u; u < end_u; ++u) {
                    if (!(p[u] > 0.0F && p[u] < open[u])) continue;
                    const float line_integral = std::log(open[u] / p[u]);
                    mean_sum += line_integral * p[u];
                    variance_sum += line_integral * s[u];
                }
                mean[cell] += static_cast<double>(mean_sum);
                variance[cell] += static_cast<double>(variance_sum);
            }
        }
        for (std::size_t cell = 0; cell < mean.size(); ++cell) {
            const int first_u = static_cast<int>(cell) * cell_u_;
            const int pixels = (std::min(first_u + cell_u_, width_) - first_u) * (end_v - first_v);
            const double scale = ratio_per_line_integral / pixels;
            mean_(static_cast<int>(cell), cell_row) = static_cast<float>(scale * mean[cell]);
            variance_(static_cast<int>(cell), cell_row) =
                static_cast<float>(scale * variance[cell]);
        }
    }

    int width_ = 0;
    int height_ = 0;
    int cell_u_ = 1;
    int cell_v_ = 1;
    Image<float> mean_;
    Image<float> variance_;
    std::vector<Between> columns_;
    std::vector<Between> rows_;
};

}  // namespace

void Scatter::validate() const {
    require(std::isfinite(ratio) && ratio >= 0.0, "the scatter's ratio must not be negative");
    require(std::isfinite(line_integral) && line_integral > 0.0,
            "the scatter's line_integral must be positive");
    require(std::isfinite(sigma_mm) && sigma_mm > 0.0, "the scatter's sigma_mm must be positive");
    if (!grid) return;
    for (const double transmission : {grid->primary_transmission, grid->scatter_transmission})
        require(transmission > 0.0 && transmission <= 1.0,
                "the grid's transmissions must be above 0 and at most 1");
}

ScatteredSignal add_scatter(const SignalImages& primary, const Image<float>& open_mean,
                            const Scatter& scatter, const Eigen::Vector2d& pixel_pitch_mm) {
    scatter.validate();
    const int width = primary.mean.width();
    const int height = primary.mean.height();
    for (const Image<float>* image : {&primary.variance, &open_mean})
        require(image->width() == width && image->height() == height,
                "mean, variance and open beam differ in size");
    require(pixel_pitch_mm.allFinite() && pixel_pitch_mm.minCoeff() > 0.0,
            "the pixel pitch must be positive");
    if (primary.mean.empty()) return {primary, 0.0};
    const CoarseScatter coarse(primary, open_mean, scatter, pixel_pitch_mm);
    const AntiScatterGrid grid = scatter.grid.value_or(AntiScatterGrid{1.0, 1.0});
    const auto of_primary = static_cast<float>(grid.primary_transmission);
    const auto of_scatter = static_cast<float>(grid.scatter_transmission);

    ScatteredSignal result{{Image<float>(width, height), Image<float>(width, height)}, 0.0};
    std::vector<double> primary_sums(static_cast<std::size_t>(height));
    std::vector<double> scatter_sums(static_cast<std::size_t>(height));
    parallel_for(static_cast<std::size_t>(height), [&](std::size_t index) {
        const int v = static_cast<int>(index);
        std::vector<float> scattered;
        for (const bool variance : {true, false}) {  // the mean last: the sums below are of it
            coarse.row(v, variance, scattered);
            const float* const in = (variance ? primary.variance : primary.mean).row(v);
            float* const out = (variance ? result.total.variance : result.total.mean).row(v);
            for (std::size_t u = 0; u < scattered.size(); ++u)
                out[u] = of_primary * in[u] + of_scatter * scattered[u];
        }
        const float* const in = primary.mean.row(v);
        for (std::size_t u = 0; u < scattered.size(); ++u) {
            primary_sums[index] += static_cast<double>(in[u]);
            scatter_sums[index] += static_cast<double>(scattered[u]);
        }
    });
    double primary_sum = 0.0;
    double scatter_sum = 0.0;
    for (std::size_t v = 0; v < primary_sums.size(); ++v) {
        primary_sum += grid.primary_transmission * primary_sums[v];
        scatter_sum += grid.scatter_transmission * scatter_sums[v];
    }
    if (primary_sum > 0.0) result.scatter_to_primary = scatter_sum / primary_sum;
    return result;
}

}  // namespace drr
