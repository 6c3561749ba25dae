#include <drr/core/error.hpp>
#include <drr/physics/materials.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace drr {

const std::vector<Material>& known_materials() {
    // Sources: water, air, cortical bone (ICRU 44), PMMA and the metals as in NIST's X-ray mass
    // attenuation tables (NISTIR 5632, table 2); ABS as C15H17N (equal parts of the three
    // monomers); steel as AISI 302, of which stainless bearing balls are made, at the middle of its
    // tolerances.
    static const std::vector<Material> materials = {
        {"abs", 1.04, {{1, 0.08110}, {6, 0.85261}, {7, 0.06629}}},
        {"air", 1.205e-3, {{6, 0.000124}, {7, 0.755268}, {8, 0.231781}, {18, 0.012827}}},
        {"aluminium", 2.699, {{13, 1.0}}},
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
        {"iron", 7.874, {{26, 1.0}}},
        {"lead", 11.35, {{82, 1.0}}},
        {"pmma", 1.19, {{1, 0.080538}, {6, 0.599848}, {8, 0.319614}}},
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
