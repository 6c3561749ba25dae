#pragma once

#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace drr {

/// Inclusive range that a number must lie in.
struct Range {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
};

/// Range of positive numbers, zero left out.
inline constexpr Range positive{std::numeric_limits<double>::min(),
                                std::numeric_limits<double>::infinity()};
/// Range of numbers not below zero.
inline constexpr Range non_negative{0.0, std::numeric_limits<double>::infinity()};

/// One value of a document, of any kind.
class YamlValue {
  public:
    explicit YamlValue(double number);
    /// The number that it is; none for anything else, NaN and infinity included.
    [[nodiscard]] std::optional<double> number() const;
    /// As YAML on one line, e.g. `6`, `[8, 40, 8]` or `{gaussian_sigma_px: 0.6}`.
    [[nodiscard]] std::string text() const;

  private:
    struct Node;
    explicit YamlValue(std::shared_ptr<const Node> node);
    std::shared_ptr<const Node> node_;
    friend class YamlMap;
};

/// A value for a place in a document, whose keys are joined by dots: `rig.detector.width_px`.
struct YamlAssignment {
    std::string key;
    YamlValue value;
};

/// A strict reader of one YAML mapping. Each key is asked for by name and type; whatever is wrong
/// (missing or repeated key, wrong type, NaN or infinity, out of range) throws
/// Error(invalid_file) with "file:line" as its context and the key in its message. After the last
/// key was read, finish() refuses keys that nobody asked for.
class YamlMap {
  public:
    [[nodiscard]] bool has(const std::string& key) const;
    /// Whether the key is there and holds a list, for keys that take one value or several.
    [[nodiscard]] bool is_list(const std::string& key) const;
    /// Whether the key is there and holds a mapping.
    [[nodiscard]] bool is_map(const std::string& key) const;

    [[nodiscard]] double number(const std::string& key, Range range = {}) const;
    [[nodiscard]] double number_or(const std::string& key, double fallback, Range range = {}) const;
    /// A whole number; the range is inclusive and at most that of int.
    [[nodiscard]] int integer(const std::string& key, Range range = {}) const;
    [[nodiscard]] int integer_or(const std::string& key, int fallback, Range range = {}) const;
    /// A whole number of 64 bits, e.g. a seed.
    [[nodiscard]] std::uint64_t seed(const std::string& key) const;
    [[nodiscard]] bool flag_or(const std::string& key, bool fallback) const;
    [[nodiscard]] std::string text(const std::string& key) const;
    [[nodiscard]] std::string text_or(const std::string& key, const std::string& fallback) const;
    /// One of `choices`; the error lists them.
    [[nodiscard]] std::string choice(const std::string& key,
                                     const std::vector<std::string>& choices) const;
    /// Exactly `count` numbers, or any count for 0.
    [[nodiscard]] std::vector<double> numbers(const std::string& key, std::size_t count,
                                              Range range = {}) const;
    /// The same for whole numbers; the range is inclusive and at most that of int.
    [[nodiscard]] std::vector<int> integers(const std::string& key, std::size_t count,
                                            Range range = {}) const;
    [[nodiscard]] YamlMap map(const std::string& key) const;
    [[nodiscard]] std::optional<YamlMap> map_if(const std::string& key) const;
    /// A list of mappings; empty when the key is missing.
    [[nodiscard]] std::vector<YamlMap> maps(const std::string& key) const;

    /// All keys, in the order of the file; all count as known.
    [[nodiscard]] std::vector<std::string> keys() const;
    /// Any value.
    [[nodiscard]] YamlValue value(const std::string& key) const;
    /// The items of a list, of any kind.
    [[nodiscard]] std::vector<YamlValue> values(const std::string& key) const;
    /// The mapping with other values in some places; mappings on the way to them are made where
    /// they are missing, and a value that is none of a mapping's is in the way: Error(usage). What
    /// was known counts as unknown again.
    [[nodiscard]] YamlMap with(const std::vector<YamlAssignment>& assignments) const;
    /// All of it as a value.
    [[nodiscard]] YamlValue as_value() const;

    /// The kind of the document, of those that the caller reads: key `schema` must be
    /// "stereodrr/<kind>/v1".
    [[nodiscard]] std::string schema(const std::vector<std::string>& kinds) const;

    /// Refuses keys that nobody asked for and names those that are known. A key that differs from a
    /// known one only in its unit suffix is called what it is: a wrong unit.
    void finish() const;

    /// Throws Error(invalid_file) at this key's line.
    [[noreturn]] void fail(const std::string& key, const std::string& message) const;
    /// Where this mapping starts, "file:line".
    [[nodiscard]] std::string where() const;
    /// Where this key's value stands, "file:line"; where the mapping starts if it is missing.
    [[nodiscard]] std::string where(const std::string& key) const;
    /// The file that this came from, as it was given.
    [[nodiscard]] const std::string& file() const;

  private:
    struct State;
    explicit YamlMap(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
    friend YamlMap parse_yaml(const std::string&, const std::string&);
};

/// Reads text as one YAML document whose key `schema` must be "stereodrr/<kind>/v1". `name` stands
/// for the file in messages. Throws Error(invalid_file) with name:line.
[[nodiscard]] YamlMap parse_yaml(const std::string& text, const std::string& name,
                                 const std::string& kind);

/// The same for a file that may be of several kinds; the caller asks for schema() next.
[[nodiscard]] YamlMap parse_yaml(const std::string& text, const std::string& name);

/// The same from a file of at most 16 MiB. Throws Error(io) when it cannot be read.
[[nodiscard]] YamlMap read_yaml(const std::filesystem::path& path, const std::string& kind);

}  // namespace drr
