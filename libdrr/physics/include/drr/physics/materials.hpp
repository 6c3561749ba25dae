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
};

/// The materials that are known by name, sorted by name.
[[nodiscard]] const std::vector<Material>& known_materials();

/// The material of that name. Throws Error(usage) that lists the known names.
[[nodiscard]] const Material& find_material(const std::string& name);

}  // namespace drr
