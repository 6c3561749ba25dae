#pragma once

#include <drr/core/yaml_reader.hpp>

#include <yaml-cpp/yaml.h>

#include <set>
#include <string>

namespace drr {

/// A message of one line and of bounded length, whatever stands in the file that it quotes.
[[nodiscard]] std::string yaml_message(std::string message);

/// "file:line"; the file alone where the place in it is not known.
[[nodiscard]] std::string yaml_place(const std::string& file, const YAML::Mark& mark);

struct YamlValue::Node {
    YAML::Node node;
};

struct YamlMap::State {
    YAML::Node node;
    std::string file;
    std::string path;  ///< of keys, for messages: "rig.detector."
    std::set<std::string> known;

    [[noreturn]] void fail(const YAML::Mark& mark, const std::string& message) const;
    /// The value of a key, which may be missing; marks the key as known.
    YAML::Node find(const std::string& key);
    /// The value of a key that must be there.
    YAML::Node get(const std::string& key);
    double number(const YAML::Node& value, const std::string& key, Range range) const;
    /// ", found ..." for messages.
    static std::string found(const YAML::Node& value);
};

}  // namespace drr
