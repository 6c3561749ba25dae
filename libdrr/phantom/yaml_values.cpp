#include "yaml_values.hpp"

#include <fmt/format.h>

namespace drr {

Eigen::Vector3d vector3(const YamlMap& map, const std::string& key, Range range) {
    const auto values = map.numbers(key, 3, range);
    return {values[0], values[1], values[2]};
}

Eigen::Vector3d vector3_or_zero(const YamlMap& map, const std::string& key) {
    return map.has(key) ? vector3(map, key) : Eigen::Vector3d::Zero();
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        if (c == '\n')
            result += "\\n";
        else
            result += c;
    }
    return result + '"';
}

std::string list(const Eigen::Vector3d& v) {
    return fmt::format("[{}, {}, {}]", v.x(), v.y(), v.z());
}

}  // namespace drr
