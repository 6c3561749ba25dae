#include <drr/core/error.hpp>
#include <drr/volume/hu_to_mu.hpp>

#include <cmath>

namespace drr {

void HuToMu::validate() const {
    require(std::isfinite(mu_water_per_mm) && mu_water_per_mm > 0.0,
            "mu_water_per_mm must be positive");
    require(!threshold_hu || std::isfinite(*threshold_hu), "threshold_hu must be finite");
}

}  // namespace drr
