#pragma once

#include <string>
#include <vector>

namespace drr {

struct ElementFraction {
    int atomic_number = 0;
    double mass_fraction = 0.0;
};

/// A homogeneous material.
struct Material {
    std::string name;
    double density_g_per_cm3 = 0.0;
    std::vector<ElementFraction> composition;  ///< mass fractions, which sum to 1

    /// Throws Error(usage) unless the density is positive, the elements are known (1 to 92) and
    /// their fractions are positive and sum to 1 within 0.005.
    void validate() const;
};

/// A compound by its chemical formula, e.g. "CsI", "C8H8", "Gd2O2S". Throws Error(usage) for what
/// is no formula and for a density that is not positive.
[[nodiscard]] Material material_from_formula(const std::string& name, const std::string& formula,
                                             double density_g_per_cm3);

/// The materials that are known by name, sorted by name.
[[nodiscard]] const std::vector<Material>& known_materials();

/// The material of that name. Throws Error(usage) that lists the known names.
[[nodiscard]] const Material& find_material(const std::string& name);

}  // namespace drr
