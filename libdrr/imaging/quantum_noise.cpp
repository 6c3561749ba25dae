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
        // To the end and without branches, so that it goes in vectors. Where there is no mean or no
        // variance, the count or the unit is 0, and the divisor does not matter.
        unsigned wrong = 0;
        constexpr double largest = std::numeric_limits<double>::max();
        for (std::size_t u = 0; u < columns; ++u) {
            const auto mean = static_cast<double>(means[u]);
            const auto variance = static_cast<double>(variances[u]);
            const double photons_there = photons * mean;
            wrong |= static_cast<unsigned>(!(std::abs(photons_there) <= largest)) |
                     static_cast<unsigned>(!(std::abs(variance) <= largest));
            units[u] = variance / (mean > 0.0 ? mean : 1.0);
            photon_means[u] = photons_there / (units[u] > 0.0 ? units[u] : 1.0);
        }
        require(wrong == 0, "mean and variance of a signal must be finite");
        poisson_row(row_key, photon_means, counts);
        std::transform(counts.begin(), counts.end(), units.begin(),
                       signal.row(static_cast<int>(row)),
                       [](double count, double unit) { return static_cast<float>(count * unit); });
    });
    return signal;
}

}  // namespace drr
