#pragma once

#include <drr/core/image.hpp>
#include <drr/imaging/blur.hpp>

#include <Eigen/Core>

#include <optional>
#include <variant>
#include <vector>

namespace drr {

/// A Gaussian (drr/imaging/blur.hpp).
struct GaussianSpread {
    double sigma_px = 0.0;
};

/// A line spread exp(-|x| / length), as light that scatters in a screen gives: isotropic with
/// MTF 1 / (1 + (2 pi length f)^2).
struct ExponentialSpread {
    double length_px = 0.0;
};

/// A measured MTF, isotropic: lines between the values given, the last one beyond the last
/// frequency.
struct MtfTable {
    std::vector<double> cycles_per_mm;  ///< ascending from 0
    std::vector<double> values;         ///< 1 at 0, each in [0, 1]
};

using SpreadShape = std::variant<GaussianSpread, ExponentialSpread, MtfTable>;

/// 2 for a Gaussian or exponential below 2 px; else 1, since a wider spread lets nothing pass that
/// pixels alias, and of a measured one nothing is known there.
[[nodiscard]] int default_subpixels(const SpreadShape& shape);

inline constexpr int max_subpixels = 8;  ///< 64 parts a pixel: memory, not accuracy, is the limit

/// How a detector spreads its signal over the neighbouring pixels, beside the area of a pixel.
struct PointSpread {
    SpreadShape shape;
    /// Light spreads before a pixel integrates it. The primary signal is given, quanta are counted
    /// and light is spread in so many parts of a pixel along either side. In whole pixels a spread
    /// narrower than a pixel does not take away what the pixels alias of sharp edges, as a
    /// detector's does.
    int subpixels = default_subpixels(shape);
};

/// Throws Error(usage): a size out of range (Gaussian 0 to 20 px, exponential 0 to 50 px), a table
/// that is none or that ends below the Nyquist frequency of pixels of that pitch.
void validate(const SpreadShape& shape, const Eigen::Vector2d& pixel_pitch_mm);

/// The same for its shape, and for subpixels that are not 1 to max_subpixels.
void validate(const PointSpread& spread, const Eigen::Vector2d& pixel_pitch_mm);

/// The same shape in pixels that are `parts` times smaller.
[[nodiscard]] SpreadShape finer(const SpreadShape& shape, int parts);

/// The factor that the image's frequency gets, cycles per pixel along columns and rows.
[[nodiscard]] double mtf(const SpreadShape& shape, const Eigen::Vector2d& cycles_per_px,
                         const Eigen::Vector2d& pixel_pitch_mm);

/// Spreads images of one size, in parts of pixels, and sums the parts; images are mirrored about
/// their border, and their sum is conserved where their sizes are even numbers without prime
/// factors above 5 (else to within what crosses the border). The Gaussian is a convolution, some
/// rows at a time; the others filter whole images in the frequency domain: cosine transforms, whose
/// waves are those of a mirrored image.
class PointSpreadFilter {
  public:
    /// Shape, size and pitch are those of parts, of which `parts` x `parts` make a pixel. Throws
    /// Error(usage) as validate(), and for a size that is not of whole pixels.
    PointSpreadFilter(const SpreadShape& shape, int width_px, int height_px,
                      const Eigen::Vector2d& pixel_pitch_mm, int parts = 1);

    /// How many rows of parts count to either side of those in a pixel; as many as there are where
    /// the image is filtered as a whole.
    [[nodiscard]] int reach_px() const;

    /// The pixels of the rows `wanted`, where `given` are the rows of parts from row `first` on,
    /// with all within reach. Throws Error(usage) where it lacks some.
    [[nodiscard]] Image<float> rows(const Image<float>& given, int first, RowRange wanted) const;

    /// The pixels of all rows.
    [[nodiscard]] Image<float> operator()(const Image<float>& image) const {
        return rows(image, 0, {0, height_px_ / parts_});
    }

  private:
    int width_px_ = 0;
    int height_px_ = 0;
    int parts_ = 1;
    std::optional<GaussianPixels> gaussian_;
    Image<float> transfer_;  ///< factor of each wave; empty for the Gaussian
};

}  // namespace drr
