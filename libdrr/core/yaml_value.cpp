#include "yaml_map_state.hpp"

#include <drr/core/error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <string_view>
#include <utility>

namespace drr {
namespace {

// Block styles of the file would break lines, whatever the emitter is set to.
void emit_on_one_line(YAML::Emitter& out, const YAML::Node& node) {
    if (node.IsMap()) {
        out << YAML::Flow << YAML::BeginMap;
        for (const auto& entry : node) {
            out << YAML::Key << entry.first.Scalar() << YAML::Value;
            emit_on_one_line(out, entry.second);
        }
        out << YAML::EndMap;
    } else if (node.IsSequence()) {
        out << YAML::Flow << YAML::BeginSeq;
        for (const auto& item : node)
            emit_on_one_line(out, item);
        out << YAML::EndSeq;
    } else if (node.IsScalar()) {
        out << node.Scalar();
    } else {
        out << YAML::Null;
    }
}

// A mapping with another value in one place; all that is not on the way there is shared.
YAML::Node replaced(const YAML::Node& map, std::string_view path, const YAML::Node& value) {
    require(!map.IsDefined() || map.IsNull() || map.IsMap(),
            fmt::format("there is no mapping for the key '{}'", path));
    const std::size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    const auto below = [&](const YAML::Node& old) {
        return dot == std::string_view::npos ? value : replaced(old, path.substr(dot + 1), value);
    };
    YAML::Node result(YAML::NodeType::Map);
    bool is_there = false;
    for (const auto& entry : map) {
        const bool here = entry.first.IsScalar() && entry.first.Scalar() == key;
        is_there = is_there || here;
        result.force_insert(entry.first, here ? below(entry.second) : entry.second);
    }
    if (!is_there) result.force_insert(key, below(YAML::Node(YAML::NodeType::Undefined)));
    return result;
}

}  // namespace

YamlValue::YamlValue(double number)
    : node_(std::make_shared<Node>(Node{YAML::Node(fmt::format("{}", number))})) {}

YamlValue::YamlValue(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

std::optional<double> YamlValue::number() const {
    double result = 0.0;
    if (!node_->node.IsScalar() || !YAML::convert<double>::decode(node_->node, result) ||
        !std::isfinite(result))
        return std::nullopt;
    return result;
}

std::string YamlValue::text() const {
    YAML::Emitter out;
    out.SetSeqFormat(YAML::Flow);
    out.SetMapFormat(YAML::Flow);
    emit_on_one_line(out, node_->node);
    return out.c_str();
}

YamlValue YamlMap::value(const std::string& key) const {
    return YamlValue(std::make_shared<YamlValue::Node>(YamlValue::Node{state_->get(key)}));
}

std::vector<YamlValue> YamlMap::values(const std::string& key) const {
    const YAML::Node list = state_->get(key);
    if (!list.IsSequence())
        fail(key, fmt::format("'{}{}' must be a list{}", state_->path, key, State::found(list)));
    std::vector<YamlValue> result;
    for (const auto& item : list)
        result.push_back(YamlValue(std::make_shared<YamlValue::Node>(YamlValue::Node{item})));
    return result;
}

YamlMap YamlMap::with(const std::vector<YamlAssignment>& assignments) const {
    auto state = std::make_shared<State>();
    state->node = state_->node;
    state->file = state_->file;
    state->path = state_->path;
    for (const YamlAssignment& assignment : assignments)
        // Not by '=', which would change the document that the node stands in.
        state->node.reset(replaced(state->node, assignment.key, assignment.value.node_->node));
    return YamlMap(std::move(state));
}

YamlValue YamlMap::as_value() const {
    return YamlValue(std::make_shared<YamlValue::Node>(YamlValue::Node{state_->node}));
}

}  // namespace drr
