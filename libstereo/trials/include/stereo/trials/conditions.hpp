#pragma once

#include <drr/core/yaml_reader.hpp>
#include <stereo/trials/study_outline.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace stereo {

/// One setting of all factors.
struct Condition {
    std::vector<FactorValue> values;  ///< one a factor
    std::vector<drr::YamlAssignment> assignments;
};

/// What a study varies, and the settings that it tries.
struct Conditions {
    /// Keys of the experiment, or "case" for named sets of them.
    std::vector<std::string> factors;
    std::vector<Condition> all;
};

/// Reads the keys `sweep`, `latin_hypercube` and `cases` of a study, each of which may be missing:
/// all combinations of the cases with all values of all swept keys and the points of the hypercube;
/// the last factor varies fastest. `seed` is that of the hypercube. Throws
/// drr::Error(invalid_file) with file and line for empty sweeps, bad ranges, and keys that are
/// given twice.
[[nodiscard]] Conditions read_conditions(const drr::YamlMap& study, std::uint64_t seed);

}  // namespace stereo
