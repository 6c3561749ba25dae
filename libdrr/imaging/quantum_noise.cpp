#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/core/poisson_row.hpp>
#include <drr/imaging/quantum_noise.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
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
        float* const out = signal.row(static_cast<int>(row));
        const auto room = std::make_unique_for_overwrite<float[]>(2 * columns);
        const std::span<float> photon_means(&room[0], columns), units(&room[columns], columns);
        // To the end and without branches, so that it goes in vectors.
        unsigned wrong = 0, compound = 0;
        constexpr float largest = std::numeric_limits<float>::max();
        for (std::size_t u = 0; u < columns; ++u) {
            photon_means[u] = static_cast<float>(photons) * means[u];
            wrong |= static_cast<unsigned>(!(std::abs(photon_means[u]) <= largest)) |
                     static_cast<unsigned>(!(std::abs(variances[u]) <= largest));
            compound |= static_cast<unsigned>(means[u] != variances[u]);
        }
        require(wrong == 0, "mean and variance of a signal must be finite");
        if (compound == 0) return poisson_row(row_key, photon_means, {out, columns});
        // Where there is no mean or no variance, the count or the unit is 0, and the divisor does
        // not matter.
        for (std::size_t u = 0; u < columns; ++u) {
            units[u] = variances[u] / (means[u] > 0.0F ? means[u] : 1.0F);
            photon_means[u] /= units[u] > 0.0F ? units[u] : 1.0F;
        }
        poisson_row(row_key, photon_means, {out, columns});
        std::transform(out, out + columns, units.begin(), out, std::multiplies<>());
    });
    return signal;
}

}  // namespace drr
