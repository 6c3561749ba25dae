#pragma once

#include <stereo/assess/significance.hpp>

#include <nlohmann/json.hpp>

namespace tools {

/// A chi-square test as the JSON of `diff` and `drift` holds it.
inline nlohmann::ordered_json significance_json(const stereo::Significance& s) {
    return {{"chi_square", s.chi_square},
            {"degrees_of_freedom", s.degrees_of_freedom},
            {"p_value", s.p_value},
            {"standard_deviations", s.sigmas()}};
}

}  // namespace tools
