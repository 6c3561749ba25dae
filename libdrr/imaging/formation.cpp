#include <drr/core/parallel.hpp>
#include <drr/imaging/blur.hpp>
#include <drr/imaging/formation.hpp>
#include <drr/imaging/noise.hpp>

#include <algorithm>
#include <cmath>

namespace drr {

void FormationOptions::validate() const {
    require(std::isfinite(photons_per_pixel) && photons_per_pixel > 0.0,
            "photons_per_pixel must be positive");
    require(blur_sigma_px >= 0.0 && blur_sigma_px <= 20.0,
            "blur_sigma_px must be between 0 and 20");
    require(open_beam_grey > 0.0 && open_beam_grey <= 65535.0,
            "open_beam_grey must be positive and at most 65535");
}

Image<std::uint16_t> form_radiograph(const Image<float>& line_integrals,
                                     const FormationOptions& options, const RngKey& key) {
    options.validate();
    Image<float> photons(line_integrals.width(), line_integrals.height());
    parallel_for(static_cast<std::size_t>(photons.height()), [&](std::size_t index) {
        const int row = static_cast<int>(index);
        const float* const in = line_integrals.row(row);
        float* const out = photons.row(row);
        std::transform(in, in + photons.width(), out, [&](float integral) {
            return static_cast<float>(options.photons_per_pixel *
                                      std::exp(-static_cast<double>(integral)));
        });
        require(std::all_of(out, out + photons.width(), [](float n) { return std::isfinite(n); }),
                "the line integrals must be numbers, and not far below 0");
    });
    if (options.quantum_noise) add_quantum_noise(photons, key);
    const Image<float> detected = gaussian_blur(photons, options.blur_sigma_px);

    const float grey_per_photon =
        static_cast<float>(options.open_beam_grey / options.photons_per_pixel);
    Image<std::uint16_t> radiograph(photons.width(), photons.height());
    std::transform(detected.pixels().begin(), detected.pixels().end(), radiograph.pixels().begin(),
                   [&](float value) {
                       return static_cast<std::uint16_t>(
                           std::clamp(value * grey_per_photon + 0.5F, 0.0F, 65535.0F));
                   });
    return radiograph;
}

}  // namespace drr
