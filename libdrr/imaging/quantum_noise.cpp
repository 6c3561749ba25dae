#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/core/poisson_row.hpp>
#include <drr/imaging/quantum_noise.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <span>

namespace drr {

Image<float> quantum_noise(const SignalImages& per_photon, double photons, const RngKey& key,
                           int first_row) {
    const int width = per_photon.mean.width();
    const int height = per_photon.mean.height();
    require(per_photon.variance.width() == width && per_photon.variance.height() == height,
            "mean and variance differ in size");
    Image<float> signal(width, height);
    const auto columns = static_cast<std::size_t>(width);
    parallel_for(static_cast<std::size_t>(height), [&](std::size_t row) {
        RngKey row_key = key;
        row_key.purpose = RngPurpose::quantum_noise;
        row_key.element = static_cast<std::uint32_t>(first_row) + static_cast<std::uint32_t>(row);
        const float* const means = per_photon.mean.row(static_cast<int>(row));
        const float* const variances = per_photon.variance.row(static_cast<int>(row));
        const auto room = std::make_unique_for_overwrite<double[]>(3 * columns);
        const std::span<double> photon_means(&room[0], columns), units(&room[columns], columns),
            counts(&room[2 * columns], columns);
        float* const out = signal.row(static_cast<int>(row));
        // To the end and without branches, so that it goes in vectors.
        unsigned wrong = 0, compound = 0;
        constexpr double largest = std::numeric_limits<double>::max();
        constexpr float largest_float = std::numeric_limits<float>::max();
        for (std::size_t u = 0; u < columns; ++u) {
            photon_means[u] = photons * static_cast<double>(means[u]);
            wrong |= static_cast<unsigned>(!(std::abs(photon_means[u]) <= largest)) |
                     static_cast<unsigned>(!(std::abs(variances[u]) <= largest_float));
            compound |= static_cast<unsigned>(means[u] != variances[u]);
        }
        require(wrong == 0, "mean and variance of a signal must be finite");
        if (compound == 0) {  // each photon counts 1
            poisson_row(row_key, photon_means, counts);
            std::transform(counts.begin(), counts.end(), out,
                           [](double count) { return static_cast<float>(count); });
            return;
        }
        // Where there is no mean or no variance, the count or the unit is 0, and the divisor does
        // not matter.
        for (std::size_t u = 0; u < columns; ++u) {
            const auto mean = static_cast<double>(means[u]);
            units[u] = static_cast<double>(variances[u]) / (mean > 0.0 ? mean : 1.0);
            photon_means[u] /= units[u] > 0.0 ? units[u] : 1.0;
        }
        poisson_row(row_key, photon_means, counts);
        std::transform(counts.begin(), counts.end(), units.begin(), out,
                       [](double count, double unit) { return static_cast<float>(count * unit); });
    });
    return signal;
}

}  // namespace drr
