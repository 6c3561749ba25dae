#include "yaml_map_state.hpp"

#include <drr/core/error.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace drr {
namespace {

// The unit suffixes of docs/conventions.md, for telling a wrong unit from an unknown key.
constexpr std::string_view unit_suffixes[] = {"_mm",  "_cm",  "_m",   "_um",     "_px",
                                              "_deg", "_rad", "_kev", "_kvp",    "_per_mm",
                                              "_hu",  "_s",   "_ms",  "_percent"};

std::string without_unit(const std::string& key) {
    for (const auto suffix : unit_suffixes)
        if (key.size() > suffix.size() && key.ends_with(suffix))
            return key.substr(0, key.size() - suffix.size());
    return key;
}

std::string describe(Range range) {
    if (range.low == positive.low && range.high == positive.high) return "positive";
    if (range.low == 0.0 && range.high == positive.high) return "at least 0";
    return fmt::format("between {} and {}", range.low, range.high);
}

}  // namespace

void YamlMap::State::fail(const YAML::Mark& mark, const std::string& message) const {
    throw Error(ErrorCode::invalid_file, yaml_message(message), yaml_place(file, mark));
}

YAML::Node YamlMap::State::find(const std::string& key) {
    known.insert(key);
    for (const auto& entry : node)
        if (entry.first.Scalar() == key) return entry.second;
    return YAML::Node(YAML::NodeType::Undefined);
}

YAML::Node YamlMap::State::get(const std::string& key) {
    const YAML::Node value = find(key);
    if (!value.IsDefined()) fail(node.Mark(), fmt::format("key '{}{}' is missing", path, key));
    return value;
}

double YamlMap::State::number(const YAML::Node& value, const std::string& key, Range range) const {
    double result = 0.0;
    if (!value.IsScalar() || !YAML::convert<double>::decode(value, result))
        fail(value.Mark(), fmt::format("'{}{}' must be a number{}", path, key, found(value)));
    if (!std::isfinite(result))
        fail(value.Mark(), fmt::format("'{}{}' must be finite{}", path, key, found(value)));
    if (result < range.low || result > range.high)
        fail(value.Mark(),
             fmt::format("'{}{}' must be {}{}", path, key, describe(range), found(value)));
    return result;
}

std::string YamlMap::State::found(const YAML::Node& value) {
    if (value.IsScalar()) return fmt::format(", found '{}'", value.Scalar());
    if (value.IsMap()) return ", found a mapping";
    if (value.IsSequence()) return ", found a list";
    return ", found nothing";
}

YamlMap::YamlMap(std::shared_ptr<State> state) : state_(std::move(state)) {
    auto& s = *state_;
    if (!s.node.IsMap()) {
        const auto name = s.path.empty() ? std::string("the document")
                                         : "'" + s.path.substr(0, s.path.size() - 1) + "'";
        s.fail(s.node.Mark(), name + " must be a mapping of keys to values" + State::found(s.node));
    }
    std::set<std::string> seen;
    for (const auto& entry : s.node) {
        if (!entry.first.IsScalar()) s.fail(entry.first.Mark(), "a key must be plain text");
        if (!seen.insert(entry.first.Scalar()).second)
            s.fail(entry.first.Mark(),
                   fmt::format("key '{}{}' is given twice", s.path, entry.first.Scalar()));
    }
}

bool YamlMap::has(const std::string& key) const {
    return state_->find(key).IsDefined();
}

bool YamlMap::is_list(const std::string& key) const {
    const YAML::Node value = state_->find(key);
    return value.IsDefined() && value.IsSequence();
}

bool YamlMap::is_map(const std::string& key) const {
    const YAML::Node value = state_->find(key);
    return value.IsDefined() && value.IsMap();
}

double YamlMap::number(const std::string& key, Range range) const {
    return state_->number(state_->get(key), key, range);
}

double YamlMap::number_or(const std::string& key, double fallback, Range range) const {
    return has(key) ? number(key, range) : fallback;
}

int YamlMap::integer(const std::string& key, Range range) const {
    const double value =
        number(key, {std::max(range.low, -2147483648.0), std::min(range.high, 2147483647.0)});
    if (value != std::floor(value))
        fail(key, fmt::format("'{}{}' must be a whole number, found {}", state_->path, key, value));
    return static_cast<int>(value);
}

int YamlMap::integer_or(const std::string& key, int fallback, Range range) const {
    return has(key) ? integer(key, range) : fallback;
}

std::uint64_t YamlMap::seed(const std::string& key) const {
    const YAML::Node value = state_->get(key);
    std::uint64_t result = 0;
    if (!value.IsScalar() || value.Scalar().starts_with("-") ||
        !YAML::convert<std::uint64_t>::decode(value, result))
        fail(key, fmt::format("'{}{}' must be a whole number from 0 to 2^64-1{}", state_->path, key,
                              State::found(value)));
    return result;
}

bool YamlMap::flag_or(const std::string& key, bool fallback) const {
    const YAML::Node value = state_->find(key);
    if (!value.IsDefined()) return fallback;
    bool result = false;
    if (!value.IsScalar() || !YAML::convert<bool>::decode(value, result))
        fail(key,
             fmt::format("'{}{}' must be true or false{}", state_->path, key, State::found(value)));
    return result;
}

std::string YamlMap::text(const std::string& key) const {
    const YAML::Node value = state_->get(key);
    if (!value.IsScalar() || value.Scalar().empty())
        fail(key, fmt::format("'{}{}' must be text{}", state_->path, key, State::found(value)));
    return value.Scalar();
}

std::string YamlMap::text_or(const std::string& key, const std::string& fallback) const {
    return has(key) ? text(key) : fallback;
}

std::string YamlMap::choice(const std::string& key, const std::vector<std::string>& choices) const {
    const std::string value = text(key);
    for (const auto& choice : choices)
        if (value == choice) return value;
    fail(key, fmt::format("'{}{}' must be one of {}, found '{}'", state_->path, key,
                          fmt::join(choices, ", "), value));
}

std::vector<double> YamlMap::numbers(const std::string& key, std::size_t count, Range range) const {
    const YAML::Node value = state_->get(key);
    if (!value.IsSequence() || (count > 0 && value.size() != count))
        fail(key, fmt::format("'{}{}' must be a list of {}numbers{}", state_->path, key,
                              count > 0 ? fmt::format("{} ", count) : std::string(),
                              value.IsSequence() ? fmt::format(", found {}", value.size())
                                                 : State::found(value)));
    std::vector<double> result;
    result.reserve(value.size());
    for (const auto& item : value)
        result.push_back(state_->number(item, key, range));
    return result;
}

std::vector<int> YamlMap::integers(const std::string& key, std::size_t count, Range range) const {
    std::vector<int> result;
    for (const double value :
         numbers(key, count,
                 {std::max(range.low, -2147483648.0), std::min(range.high, 2147483647.0)})) {
        if (value != std::floor(value))
            fail(key,
                 fmt::format("'{}{}' must be whole numbers, found {}", state_->path, key, value));
        result.push_back(static_cast<int>(value));
    }
    return result;
}

YamlMap YamlMap::map(const std::string& key) const {
    auto state = std::make_shared<State>();
    state->node = state_->get(key);
    state->file = state_->file;
    state->path = state_->path + key + ".";
    return YamlMap(std::move(state));
}

std::optional<YamlMap> YamlMap::map_if(const std::string& key) const {
    if (!has(key)) return std::nullopt;
    return map(key);
}

std::vector<YamlMap> YamlMap::maps(const std::string& key) const {
    const YAML::Node value = state_->find(key);
    std::vector<YamlMap> result;
    if (!value.IsDefined()) return result;
    if (!value.IsSequence())
        fail(key, fmt::format("'{}{}' must be a list{}", state_->path, key, State::found(value)));
    for (std::size_t i = 0; i < value.size(); ++i) {
        auto state = std::make_shared<State>();
        state->node = value[i];
        state->file = state_->file;
        state->path = fmt::format("{}{}[{}].", state_->path, key, i);
        result.push_back(YamlMap(std::move(state)));
    }
    return result;
}

std::vector<std::string> YamlMap::keys() const {
    std::vector<std::string> result;
    for (const auto& entry : state_->node) {
        result.push_back(entry.first.Scalar());
        state_->known.insert(result.back());
    }
    return result;
}

void YamlMap::finish() const {
    for (const auto& entry : state_->node) {
        const std::string& key = entry.first.Scalar();
        if (state_->known.contains(key)) continue;
        for (const auto& known : state_->known)
            if (without_unit(known) == without_unit(key))
                state_->fail(entry.first.Mark(),
                             fmt::format("unknown key '{}{}': wrong unit suffix, expected '{}'",
                                         state_->path, key, known));
        state_->fail(entry.first.Mark(),
                     fmt::format("unknown key '{}{}'; known here: {}", state_->path, key,
                                 fmt::join(state_->known, ", ")));
    }
}

void YamlMap::fail(const std::string& key, const std::string& message) const {
    const YAML::Node value = state_->find(key);
    state_->fail(value.IsDefined() ? value.Mark() : state_->node.Mark(), message);
}

std::string YamlMap::where() const {
    return yaml_place(state_->file, state_->node.Mark());
}

std::string YamlMap::where(const std::string& key) const {
    const YAML::Node value = state_->find(key);
    return yaml_place(state_->file, value.IsDefined() ? value.Mark() : state_->node.Mark());
}

const std::string& YamlMap::file() const {
    return state_->file;
}

std::string YamlMap::schema(const std::vector<std::string>& kinds) const {
    std::vector<std::string> expected;
    const std::string found = text("schema");
    for (const std::string& kind : kinds) {
        expected.push_back("'stereodrr/" + kind + "/v1'");
        if (expected.back() == "'" + found + "'") return kind;
    }
    fail("schema",
         fmt::format("schema must be {}, found '{}'", fmt::join(expected, " or "), found));
}

}  // namespace drr
