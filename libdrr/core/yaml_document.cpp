#include "yaml_map_state.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <sstream>

namespace drr {
namespace {

constexpr std::size_t max_yaml_bytes = std::size_t{16} << 20;
// A message quotes keys and values of the file, which can be of any length.
constexpr std::size_t max_message_bytes = 1000;

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

}  // namespace

std::string yaml_message(std::string message) {
    for (char& c : message)
        if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte == 0x7f) c = ' ';
    if (message.size() > max_message_bytes)
        message.replace(max_message_bytes, std::string::npos, " ...");
    return message;
}

std::string yaml_place(const std::string& file, const YAML::Mark& mark) {
    if (mark.is_null()) return file;
    return fmt::format("{}:{}", file, mark.line + 1);
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
        throw Error(ErrorCode::invalid_file, yaml_message("not valid YAML: " + error.msg),
                    yaml_place(name, error.mark));
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
