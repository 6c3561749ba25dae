#pragma once

#include <algorithm>
#include <limits>
#include <vector>

namespace drr {

/// A point of the curve from CT numbers to attenuation.
struct MuKnot {
    double hu = 0.0;
    double mu_per_mm = 0.0;
};

/// Straight lines from knot to knot; level below the first, straight on beyond the last.
class MuCurve {
  public:
    /// Throws Error(usage) unless there are two knots or more, finite, growing in hu and not
    /// falling in mu, which must not be negative.
    explicit MuCurve(std::vector<MuKnot> knots);

    [[nodiscard]] const std::vector<MuKnot>& knots() const { return knots_; }

    [[nodiscard]] double operator()(double hu) const {
        // A sum over all bends needs no branches, which voxels of tissue around 0 HU would make
        // unpredictable.
        double mu_per_mm = knots_.front().mu_per_mm;
        for (const Bend& bend : bends_)
            mu_per_mm += bend.change_of_slope * std::max(hu - bend.hu, 0.0);
        return mu_per_mm;
    }

  private:
    struct Bend {
        double hu;
        double change_of_slope;
    };
    std::vector<MuKnot> knots_;
    std::vector<Bend> bends_;
};

/// The linear attenuation coefficient that a CT number stands for, and which voxels count at all.
struct HuToMu {
    /// By default the water rule at 60 keV, about the mean of a 100 kV beam (NIST XCOM: 0.2059
    /// cm2/g at 1 g/cm3).
    MuCurve curve{{{-1000.0, 0.0}, {0.0, 0.02059}}};
    /// Voxels below low_hu or above high_hu count as empty: bone alone, or without metal.
    double low_hu = -std::numeric_limits<double>::infinity();
    double high_hu = std::numeric_limits<double>::infinity();
    /// CT numbers above are taken for this one: metal, whose CT numbers mean little.
    double clip_hu = std::numeric_limits<double>::infinity();

    /// Throws Error(usage) unless low_hu < high_hu and clip_hu is above the curve's first knot.
    void validate() const;

    [[nodiscard]] double operator()(double hu) const {
        return hu >= low_hu && hu <= high_hu ? curve(std::min(hu, clip_hu)) : 0.0;
    }
};

/// The definition of the Hounsfield scale: mu = mu_water (HU + 1000) / 1000, not below 0. It holds
/// for mixtures of air and water at any energy; for bone it is right only at the effective energy
/// of the scan. `mu_water_per_mm` is that of water at the energy of the radiograph.
[[nodiscard]] HuToMu water_rule(double mu_water_per_mm);

/// The water rule up to 0 HU; above, mixtures of water and cortical bone: straight to
/// `bone_mu_per_mm`, that of cortical bone at the energy of the radiograph, at `bone_hu`, its CT
/// number in the scan (Burger et al., "PET attenuation coefficients from CT images", Eur. J. Nucl.
/// Med. 29, 2002, there for 511 keV). Where both energies are the same it is the water rule.
[[nodiscard]] HuToMu water_bone_rule(double mu_water_per_mm, double bone_hu, double bone_mu_per_mm);

/// The CT number of a material by the definition of the Hounsfield scale, at the energy of both
/// coefficients.
[[nodiscard]] double hounsfield(double mu_per_mm, double mu_water_per_mm);

}  // namespace drr
