#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/core/poisson_row.hpp>
#include <drr/imaging/quantum_noise.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace drr {

Image<float> quantum_noise(const SignalImages& per_photon, double photons, const RngKey& key) {
    const int width = per_photon.mean.width();
    const int height = per_photon.mean.height();
    require(per_photon.variance.width() == width && per_photon.variance.height() == height,
            "mean and variance differ in size");
    Image<float> signal(width, height);
    const auto columns = static_cast<std::size_t>(width);
    parallel_for(static_cast<std::size_t>(height), [&](std::size_t row) {
        RngKey row_key = key;
        row_key.purpose = RngPurpose::quantum_noise;
        row_key.element = static_cast<std::uint32_t>(row);
        const float* const means = per_photon.mean.row(static_cast<int>(row));
        const float* const variances = per_photon.variance.row(static_cast<int>(row));
        std::vector<double> photon_means(columns), units(columns), counts(columns);
        bool finite = true;  // told at the end: a loop that may leave early takes longer
        for (std::size_t u = 0; u < columns; ++u) {
            const auto mean = static_cast<double>(means[u]);
            const auto variance = static_cast<double>(variances[u]);
            finite &= std::isfinite(photons * mean) && std::isfinite(variance);
            const bool bright = mean > 0.0 && variance > 0.0;
            units[u] = bright ? variance / mean : 0.0;
            photon_means[u] = bright ? photons * mean / units[u] : 0.0;
        }
        require(finite, "mean and variance of a signal must be finite");
        poisson_row(row_key, photon_means, counts);
        std::transform(counts.begin(), counts.end(), units.begin(),
                       signal.row(static_cast<int>(row)),
                       [](double count, double unit) { return static_cast<float>(count * unit); });
    });
    return signal;
}

}  // namespace drr
