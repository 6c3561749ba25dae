#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/yaml_reader.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <cmath>
#include <set>
#include <sstream>
#include <string_view>

namespace drr {
namespace {

constexpr std::size_t max_yaml_bytes = std::size_t{16} << 20;
// A message quotes keys and values of the file, which can be of any length.
constexpr std::size_t max_message_bytes = 1000;

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

// Takes the events of a document and drops them.
struct IgnoreEvents : YAML::EventHandler {
    using Mark = YAML::Mark;
    using Text = std::string;
    void OnDocumentStart(const Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const Mark&, YAML::anchor_t) override {}
    void OnAlias(const Mark&, YAML::anchor_t) override {}
    void OnScalar(const Mark&, const Text&, YAML::anchor_t, const Text&) override {}
    void OnSequenceStart(const Mark&, const Text&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const Mark&, const Text&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
};

// Whether `text` holds exactly one document. Not YAML::LoadAll(text).size(), which never ends on a
// stray comma: it finds one empty document after the other without moving on.
bool is_one_document(const std::string& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    IgnoreEvents ignore;
    return parser.HandleNextDocument(ignore) && !parser.HandleNextDocument(ignore);
}

// Messages are one line each, whatever stands in the file that they quote.
std::string one_line(std::string message) {
    for (char& c : message)
        if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte == 0x7f) c = ' ';
    if (message.size() > max_message_bytes)
        message.replace(max_message_bytes, std::string::npos, " ...");
    return message;
}

std::string place(const std::string& file, const YAML::Mark& mark) {
    if (mark.is_null()) return file;
    return fmt::format("{}:{}", file, mark.line + 1);
}

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

struct YamlMap::State {
    YAML::Node node;
    std::string file;
    std::string path;  // of keys, for messages: "rig.detector."
    std::set<std::string> known;

    [[noreturn]] void fail(const YAML::Mark& mark, const std::string& message) const {
        throw Error(ErrorCode::invalid_file, one_line(message), place(file, mark));
    }

    // The value of a key; marks the key as known.
    YAML::Node find(const std::string& key) {
        known.insert(key);
        for (const auto& entry : node)
            if (entry.first.Scalar() == key) return entry.second;
        return YAML::Node(YAML::NodeType::Undefined);
    }

    YAML::Node get(const std::string& key) {
        const YAML::Node value = find(key);
        if (!value.IsDefined()) fail(node.Mark(), fmt::format("key '{}{}' is missing", path, key));
        return value;
    }

    double number(const YAML::Node& value, const std::string& key, Range range) const {
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

    static std::string describe(Range range) {
        if (range.low == positive.low && range.high == positive.high) return "positive";
        if (range.low == 0.0 && range.high == positive.high) return "at least 0";
        return fmt::format("between {} and {}", range.low, range.high);
    }

    static std::string found(const YAML::Node& value) {
        if (value.IsScalar()) return fmt::format(", found '{}'", value.Scalar());
        if (value.IsMap()) return ", found a mapping";
        if (value.IsSequence()) return ", found a list";
        return ", found nothing";
    }
};

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

struct YamlValue::Node {
    YAML::Node node;
};

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
    return place(state_->file, state_->node.Mark());
}

std::string YamlMap::where(const std::string& key) const {
    const YAML::Node value = state_->find(key);
    return place(state_->file, value.IsDefined() ? value.Mark() : state_->node.Mark());
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

YamlMap parse_yaml(const std::string& text, const std::string& name) {
    auto state = std::make_shared<YamlMap::State>();
    state->file = name;
    try {
        if (!is_one_document(text))
            throw Error(ErrorCode::invalid_file, "expected exactly one YAML document", name);
        state->node = YAML::Load(text);
        return YamlMap(state);
    } catch (const YAML::Exception& error) {
        throw Error(ErrorCode::invalid_file, one_line("not valid YAML: " + error.msg),
                    place(name, error.mark));
    }
}

YamlMap parse_yaml(const std::string& text, const std::string& name, const std::string& kind) {
    YamlMap map = parse_yaml(text, name);
    (void)map.schema({kind});
    return map;
}

YamlMap read_yaml(const std::filesystem::path& path, const std::string& kind) {
    return parse_yaml(read_text_file(path, max_yaml_bytes), path.string(), kind);
}

}  // namespace drr
