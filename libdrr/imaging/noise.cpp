#include <drr/core/parallel.hpp>
#include <drr/imaging/noise.hpp>

namespace drr {

void add_quantum_noise(Image<float>& photons, const RngKey& key) {
    parallel_for(static_cast<std::size_t>(photons.height()), [&](std::size_t row) {
        RngKey row_key = key;
        row_key.purpose = RngPurpose::quantum_noise;
        row_key.element = static_cast<std::uint32_t>(row);
        Rng rng(row_key);
        float* const pixels = photons.row(static_cast<int>(row));
        for (int u = 0; u < photons.width(); ++u)
            pixels[u] = static_cast<float>(rng.poisson(static_cast<double>(pixels[u])));
    });
}

}  // namespace drr
