#pragma once

#include <drr/core/image.hpp>
#include <drr/geometry/xray_view.hpp>
#include <drr/phantom/solid.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace drr {

struct PixelIndex {
    int column = 0;
    int row = 0;
    friend bool operator==(const PixelIndex&, const PixelIndex&) = default;
};

/// Pixels in each of which path lengths are known in several places, spread over its area.
struct SampledPixels {
    std::vector<PixelIndex> pixels;  ///< by row, then column
    /// One image a material: a row for each of `pixels`, a column for each place. All have equal
    /// weight, and a column is the same place in the images of all materials.
    std::vector<Image<float>> samples_mm;
};

/// How long the rays of a view run through each material. A detector integrates intensity over the
/// area of a pixel, so where lengths change steeply within a pixel (at the edges of metal) the mean
/// of the intensities is not the intensity behind the mean length. There the lengths are kept place
/// by place, which makes the intensity right for any spectrum.
struct PathLengths {
    std::vector<std::string> materials;  ///< names in drr/physics/materials.hpp, no two the same
    /// One image a material, at least one. In sampled pixels the mean of the samples, in others the
    /// length along the ray through the pixel's centre. Lengths of materials that cavities were cut
    /// from are negative where a cavity sticks out.
    std::vector<Image<float>> mean_mm;
    std::vector<SampledPixels> sampled;  ///< groups by the number of places; no pixel is in two

    /// Throws Error(usage) unless images and groups have the sizes described.
    void validate() const;
};

struct AnalyticOptions {
    /// n x n cells of each pixel that the edge of a dense solid's shadow crosses, of each of which
    /// the mean over 3 x 3 rays is kept. 1 is a ray through the centre of every pixel, whatever is
    /// there. Solids that are not dense are taken as constant over a pixel. docs/projectors.md says
    /// what the number is worth.
    int samples_per_pixel = 10;
    /// n x n rays of pixels within such a shadow, an even number: along either side the two points
    /// of Gauss and Legendre (exact for cubic lengths, and of equal weight) in each n/2 of it.
    int rays_within = 4;
    /// Solids from this attenuation on are dense, for materials at dense_energy_kev. The default
    /// parts metals (titanium at 60 keV: 0.35, steel 0.93) from plastic (ABS: 0.02), water, bone
    /// and aluminium (0.075). With 0 all solids are.
    double dense_mu_per_mm = 0.1;
    double dense_energy_kev = 60.0;
    /// Chords in numbers of 32 bits, for images with quantum noise, far above what they round:
    /// docs/projectors.md.
    bool single_precision = false;

    /// Throws Error(usage).
    void validate() const;
};

/// Much the same sampling of a detector's area in pixels `parts` times smaller: samples_per_pixel
/// and pairs of rays_within over `parts`, rounded up and at least 2; one ray a pixel stays one.
[[nodiscard]] AnalyticOptions finer(AnalyticOptions options, int parts);

class SolidSums;

/// Exact path lengths through signed sums of convex primitives by chords in closed form, in double
/// precision or, if asked for, in single, of any rows of a view: an image in parts of pixels need
/// not be whole in memory at any time. `solids` stand in the world (`moved` in
/// drr/phantom/solid.hpp); materials come in the order in which solids name them first. Rays run
/// from the source to the pixel: what lies behind either is left out. Same bytes whatever the
/// number of threads. Throws Error(usage) for no solids at all, a shape without size, another sign
/// than +1 and -1, an unknown material, and an invalid view or options.
class SolidsInView {
  public:
    SolidsInView(std::span<const SolidPart> solids, const XrayView& view,
                 const AnalyticOptions& options = {});

    /// Of these rows, as images of their own: row 0 is rows.first. From any threads at once. Throws
    /// Error(usage) for rows that the view has not.
    [[nodiscard]] PathLengths rows(RowRange rows) const;

  private:
    int height_;
    std::shared_ptr<const SolidSums> sums_;
};

/// Those of all rows.
[[nodiscard]] PathLengths path_lengths(std::span<const SolidPart> solids, const XrayView& view,
                                       const AnalyticOptions& options = {});

/// Adds the lengths of another part of the scene, seen by the same view: materials of one name
/// become one. Throws Error(usage) when sizes differ or both have sampled pixels, since rays of two
/// groups do not pair; solids belong into one call of path_lengths.
void add(PathLengths& scene, const PathLengths& part);

/// The line integrals of attenuation for a beam of one energy: the sum of mu L, and in sampled
/// pixels the effective -ln(mean(exp(-sum of mu L))). `mu_per_mm` goes with `materials`. Throws
/// Error(usage) when their numbers differ.
[[nodiscard]] Image<float> line_integrals(const PathLengths& lengths,
                                          std::span<const double> mu_per_mm);

/// The same with the attenuation of the materials at an energy. Throws Error(usage) for one out of
/// range (drr/physics/attenuation.hpp).
[[nodiscard]] Image<float> line_integrals(const PathLengths& lengths, double energy_kev);

}  // namespace drr
