#include <drr/core/error.hpp>
#include <drr/physics/materials.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xraylib.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace drr {

namespace {

// Uranium: NIST's and xraylib's attenuation tables end there.
constexpr int heaviest_element = 92;
// Published compositions have three digits for each of up to ten elements.
constexpr double fraction_sum_tolerance = 5e-3;

}  // namespace

void Material::validate() const {
    const auto check = [this](bool condition, const std::string& message) {
        require(condition, fmt::format("material '{}': {}", name, message));
    };
    check(std::isfinite(density_g_per_cm3) && density_g_per_cm3 > 0.0,
          fmt::format("the density must be above 0 g/cm3, found {}", density_g_per_cm3));
    check(!composition.empty(), "needs one element at least");
    double sum = 0.0;
    for (const auto& [atomic_number, mass_fraction] : composition) {
        check(atomic_number >= 1 && atomic_number <= heaviest_element,
              fmt::format("an atomic number must be from 1 to {}, found {}", heaviest_element,
                          atomic_number));
        check(mass_fraction > 0.0 && mass_fraction <= 1.0,
              fmt::format("the mass fraction of element {} must be above 0 and at most 1, found {}",
                          atomic_number, mass_fraction));
        sum += mass_fraction;
    }
    check(std::abs(sum - 1.0) <= fraction_sum_tolerance,
          fmt::format("the mass fractions must sum to 1, found {}", sum));
}

Material material_from_formula(const std::string& name, const std::string& formula,
                               double density_g_per_cm3) {
    xrl_error* error = nullptr;
    const std::unique_ptr<compoundData, decltype(&FreeCompoundData)> compound(
        CompoundParser(formula.c_str(), &error), &FreeCompoundData);
    if (!compound) {
        const std::string reason = error->message;
        xrl_error_free(error);
        throw Error(ErrorCode::usage, fmt::format("material '{}': '{}' is not a chemical formula "
                                                  "such as C8H8 or CsI: {}",
                                                  name, formula, reason));
    }
    Material material{name, density_g_per_cm3, {}};
    for (int i = 0; i < compound->nElements; ++i)
        material.composition.push_back({compound->Elements[i], compound->massFractions[i]});
    material.validate();
    return material;
}

const std::vector<Material>& known_materials() {
    // Sources: air, cortical bone, soft tissue, lung and adipose (ICRU 44), CsI, PMMA, water and
    // the elements as in NIST's X-ray mass attenuation tables (NISTIR 5632, table 2), the lung at
    // the density ICRU 44 gives for it inflated; ABS as C15H17N (equal parts of the three
    // monomers); steel as AISI 302, of which stainless bearing balls are made, carbon_steel as AISI
    // 1015, both at the middle of their tolerances; solder as Sn60Pb40 (ISO 9453).
    static const std::vector<Material> materials = {
        {"abs", 1.04, {{1, 0.08110}, {6, 0.85261}, {7, 0.06629}}},
        {"adipose",
         0.95,
         {{1, 0.114}, {6, 0.598}, {7, 0.007}, {8, 0.278}, {11, 0.001}, {16, 0.001}, {17, 0.001}}},
        {"air", 1.205e-3, {{6, 0.000124}, {7, 0.755268}, {8, 0.231781}, {18, 0.012827}}},
        {"aluminium", 2.699, {{13, 1.0}}},
        {"carbon_steel", 7.87, {{6, 0.0015}, {25, 0.0045}, {26, 0.9940}}},
        {"copper", 8.96, {{29, 1.0}}},
        {"cortical_bone",
         1.92,
         {{1, 0.034},
          {6, 0.155},
          {7, 0.042},
          {8, 0.435},
          {11, 0.001},
          {12, 0.002},
          {15, 0.103},
          {16, 0.003},
          {20, 0.225}}},
        {"csi", 4.51, {{53, 0.488451}, {55, 0.511549}}},
        {"iron", 7.874, {{26, 1.0}}},
        {"lead", 11.35, {{82, 1.0}}},
        {"lung",
         0.26,
         {{1, 0.103},
          {6, 0.105},
          {7, 0.031},
          {8, 0.749},
          {11, 0.002},
          {15, 0.002},
          {16, 0.003},
          {17, 0.003},
          {19, 0.002}}},
        {"pmma", 1.19, {{1, 0.080538}, {6, 0.599848}, {8, 0.319614}}},
        {"soft_tissue",
         1.06,
         {{1, 0.102},
          {6, 0.143},
          {7, 0.034},
          {8, 0.708},
          {11, 0.002},
          {15, 0.003},
          {16, 0.003},
          {17, 0.002},
          {19, 0.003}}},
        {"solder", 8.5, {{50, 0.6}, {82, 0.4}}},
        {"steel",
         7.93,
         {{6, 0.001}, {14, 0.005}, {24, 0.180}, {25, 0.010}, {26, 0.714}, {28, 0.090}}},
        {"tantalum", 16.65, {{73, 1.0}}},
        {"tungsten", 19.30, {{74, 1.0}}},
        {"water", 1.0, {{1, 0.111898}, {8, 0.888102}}},
    };
    return materials;
}

const Material& find_material(const std::string& name) {
    const auto& materials = known_materials();
    const auto found = std::find_if(materials.begin(), materials.end(),
                                    [&](const Material& m) { return m.name == name; });
    if (found != materials.end()) return *found;
    std::vector<std::string> known;
    for (const Material& m : materials)
        known.push_back(m.name);
    throw Error(ErrorCode::usage,
                fmt::format("unknown material '{}'; known: {}", name, fmt::join(known, ", ")));
}

}  // namespace drr
