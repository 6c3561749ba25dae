#pragma once

#include <optional>

namespace drr {

/// The linear attenuation coefficient that a CT number stands for, by the definition of the
/// Hounsfield scale: mu = mu_water (HU + 1000) / 1000, clipped at 0. It holds for mixtures of air
/// and water at any energy; for bone it is right only at the effective energy of the scan.
struct HuToMu {
    /// Attenuation of water at the energy of the radiograph. The default is that at 60 keV, about
    /// the mean of a 100 kV beam (NIST XCOM: 0.2059 cm2/g at 1 g/cm3).
    double mu_water_per_mm = 0.02059;
    /// Voxels below this count as empty; none keeps all.
    std::optional<double> threshold_hu;

    /// Throws Error(usage) unless mu_water_per_mm is positive and the threshold finite.
    void validate() const;

    [[nodiscard]] double operator()(double hu) const {
        if (hu <= -1000.0 || (threshold_hu && hu < *threshold_hu)) return 0.0;
        return mu_water_per_mm * (hu + 1000.0) / 1000.0;
    }
};

}  // namespace drr
