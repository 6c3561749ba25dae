#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/imaging/quantum_noise.hpp>

#include <cmath>

namespace drr {

Image<float> quantum_noise(const SignalImages& per_photon, double photons, const RngKey& key) {
    const int width = per_photon.mean.width();
    const int height = per_photon.mean.height();
    require(per_photon.variance.width() == width && per_photon.variance.height() == height,
            "mean and variance differ in size");
    Image<float> signal(width, height);
    parallel_for(static_cast<std::size_t>(height), [&](std::size_t row) {
        RngKey row_key = key;
        row_key.purpose = RngPurpose::quantum_noise;
        row_key.element = static_cast<std::uint32_t>(row);
        Rng rng(row_key);
        const float* const means = per_photon.mean.row(static_cast<int>(row));
        const float* const variances = per_photon.variance.row(static_cast<int>(row));
        float* const out = signal.row(static_cast<int>(row));
        for (int u = 0; u < width; ++u) {
            const double mean = static_cast<double>(means[u]);
            const double variance = static_cast<double>(variances[u]);
            require(std::isfinite(photons * mean) && std::isfinite(variance),
                    "mean and variance of a signal must be finite");
            out[u] = mean > 0.0 && variance > 0.0
                         ? static_cast<float>(rng.poisson(photons * mean * mean / variance) *
                                              (variance / mean))
                         : 0.0F;
        }
    });
    return signal;
}

}  // namespace drr
