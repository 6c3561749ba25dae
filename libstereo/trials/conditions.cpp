#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <stereo/trials/conditions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace stereo {
namespace {

// A study of more would not fit its own tables; a grid of so many is a typing error.
constexpr std::size_t max_conditions = 100000;
constexpr double max_steps = 10000.0;

/// The numbers from `from` to `to`.
struct Span {
    double from = 0.0;
    double to = 0.0;
    bool logarithmic = false;
    bool whole = false;

    // To six digits, which are enough for a setting and readable.
    [[nodiscard]] double at(double share) const {
        const double value =
            logarithmic ? from * std::pow(to / from, share) : from + share * (to - from);
        return whole ? std::round(value) : std::stod(fmt::format("{:.6g}", value));
    }
};

Span read_span(const drr::YamlMap& map) {
    Span span;
    span.logarithmic = map.has("spacing") && map.choice("spacing", {"linear", "log"}) == "log";
    const drr::Range range = span.logarithmic ? drr::positive : drr::Range{};
    span.from = map.number("from", range);
    span.to = map.number("to", range);
    span.whole = map.flag_or("whole", false);
    if (span.from == span.to) map.fail("to", "a range must end elsewhere than it begins");
    return span;
}

FactorValue factor_value(const drr::YamlValue& value) {
    return {value.text(), value.number()};
}

std::vector<drr::YamlValue> read_values(const drr::YamlMap& sweep, const std::string& key) {
    if (sweep.is_list(key)) {
        auto values = sweep.values(key);
        if (values.empty()) sweep.fail(key, fmt::format("nothing to sweep in '{}'", key));
        return values;
    }
    if (!sweep.is_map(key))
        sweep.fail(
            key, fmt::format("'{}' must be a list of values or a range {{from, to, count}}", key));
    const drr::YamlMap map = sweep.map(key);
    const Span span = read_span(map);
    const int count = map.integer("count", {2.0, max_steps});
    map.finish();
    std::vector<drr::YamlValue> values;
    double last = std::nan("");
    for (int i = 0; i < count; ++i) {
        const double value = span.at(i / (count - 1.0));
        if (value != last) values.emplace_back(value);
        last = value;
    }
    return values;
}

/// Settings of some factors, all of which are combined with those of other parts.
struct Part {
    std::vector<std::string> factors;
    std::vector<Condition> settings;
};

Part read_case_list(const drr::YamlMap& study) {
    Part part{{"case"}, {}};
    std::set<std::string> names;
    const auto cases = study.maps("cases");
    if (cases.empty()) study.fail("cases", "'cases' is empty");
    for (const drr::YamlMap& map : cases) {
        Condition condition;
        const std::string name = map.text("name");
        if (!names.insert(name).second)
            map.fail("name", fmt::format("two cases are called '{}'", name));
        condition.values.push_back({name, std::nullopt});
        if (const auto set = map.map_if("set"))
            for (const std::string& key : set->keys())
                condition.assignments.push_back({key, set->value(key)});
        map.finish();
        part.settings.push_back(std::move(condition));
    }
    return part;
}

std::vector<Part> read_sweep(const drr::YamlMap& study) {
    const drr::YamlMap sweep = study.map("sweep");
    std::vector<Part> parts;
    for (const std::string& key : sweep.keys()) {
        Part part{{key}, {}};
        for (const drr::YamlValue& value : read_values(sweep, key))
            part.settings.push_back({{factor_value(value)}, {{key, value}}});
        parts.push_back(std::move(part));
    }
    if (parts.empty()) study.fail("sweep", "'sweep' is empty");
    return parts;
}

// Each factor's range is cut into as many equal parts as there are points; each part holds one of
// them (McKay, Beckman, Conover, Technometrics 21 (1979) 239).
Part read_hypercube(const drr::YamlMap& study, std::uint64_t seed) {
    const drr::YamlMap map = study.map("latin_hypercube");
    const int count = map.integer("count", {2.0, max_steps});
    const drr::YamlMap ranges = map.map("ranges");
    Part part;
    part.factors = ranges.keys();
    if (part.factors.empty()) map.fail("ranges", "'latin_hypercube.ranges' is empty");
    part.settings.resize(static_cast<std::size_t>(count));
    for (std::size_t f = 0; f < part.factors.size(); ++f) {
        const drr::YamlMap range = ranges.map(part.factors[f]);
        const Span span = read_span(range);
        range.finish();
        drr::Rng rng({.seed = seed,
                      .purpose = drr::RngPurpose::study_design,
                      .element = static_cast<std::uint32_t>(f)});
        std::vector<int> order(part.settings.size());
        std::iota(order.begin(), order.end(), 0);
        for (std::size_t i = order.size() - 1; i > 0; --i)
            std::swap(order[i],
                      order[std::min(i, static_cast<std::size_t>(rng.uniform() *
                                                                 static_cast<double>(i + 1)))]);
        for (std::size_t i = 0; i < order.size(); ++i) {
            const drr::YamlValue value(span.at((order[i] + rng.uniform()) / count));
            part.settings[i].values.push_back(factor_value(value));
            part.settings[i].assignments.push_back({part.factors[f], value});
        }
    }
    map.finish();
    return part;
}

void combine(Conditions& conditions, const Part& part, const drr::YamlMap& study) {
    for (const std::string& factor : part.factors) {
        if (std::count(conditions.factors.begin(), conditions.factors.end(), factor) > 0)
            throw drr::Error(drr::ErrorCode::invalid_file,
                             fmt::format("'{}' is varied twice", factor), study.where());
        conditions.factors.push_back(factor);
    }
    if (conditions.all.size() * part.settings.size() > max_conditions)
        throw drr::Error(drr::ErrorCode::invalid_file,
                         fmt::format("more than {} conditions", max_conditions), study.where());
    std::vector<Condition> all;
    for (const Condition& before : conditions.all)
        for (const Condition& added : part.settings) {
            Condition both = before;
            both.values.insert(both.values.end(), added.values.begin(), added.values.end());
            both.assignments.insert(both.assignments.end(), added.assignments.begin(),
                                    added.assignments.end());
            all.push_back(std::move(both));
        }
    conditions.all = std::move(all);
}

}  // namespace

Conditions read_conditions(const drr::YamlMap& study, std::uint64_t seed) {
    Conditions conditions;
    conditions.all.resize(1);
    if (study.has("cases")) combine(conditions, read_case_list(study), study);
    if (study.has("sweep"))
        for (const Part& part : read_sweep(study))
            combine(conditions, part, study);
    if (study.has("latin_hypercube")) combine(conditions, read_hypercube(study, seed), study);
    return conditions;
}

}  // namespace stereo
