#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/phantom/frame_specification.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <string_view>

namespace drr {
namespace {

constexpr std::size_t max_bytes = std::size_t{16} << 20;
// More than any calibration object has, few enough to compare every two of them.
constexpr std::size_t max_beads = 10000;

double mm_per(LengthUnit unit) {
    return unit == LengthUnit::cm ? 10.0 : 1.0;
}

// A product of lengths in the decimals of a file, without the rounding that 1.1 cm has as 11 mm;
// 1e-9 mm is below the size of an atom.
double decimal_mm(double value) {
    constexpr double steps_per_mm = 1e9;
    return std::round(value * steps_per_mm) / steps_per_mm;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const std::size_t first = text.find_first_not_of(blank);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

struct Line {
    int number = 0;
    std::string_view text;
};

// The lines that are not blank; they end as on Unix, Windows or an old Macintosh.
std::vector<Line> lines_of(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    const char end_of_line = text.find('\n') == text.npos ? '\r' : '\n';
    std::vector<Line> lines;
    int number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(end_of_line, at), text.size());
        ++number;
        const std::string_view line = trimmed(text.substr(at, end - at));
        if (!line.empty()) lines.push_back({number, line});
        at = end + 1;
    }
    return lines;
}

// The cells of a line; one comma at its end ends the last cell.
std::vector<std::string_view> cells_of(std::string_view line) {
    if (line.ends_with(',')) line.remove_suffix(1);
    std::vector<std::string_view> cells;
    for (std::size_t at = 0; at <= line.size();) {
        const std::size_t end = std::min(line.find(',', at), line.size());
        cells.push_back(trimmed(line.substr(at, end - at)));
        at = end + 1;
    }
    return cells;
}

std::optional<double> finite_number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0.0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc() || stop != end || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::string quoted_start(std::string_view text) {
    constexpr std::size_t longest = 60;
    std::string shown(text.substr(0, longest));
    for (char& c : shown)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return "'" + shown + (text.size() > longest ? "...'" : "'");
}

class Reader {
  public:
    Reader(const std::string& name, const FrameSpecificationReadOptions& options)
        : name_(name), options_(options) {
        options_.validate();
        result_.phantom.name = std::filesystem::path(name).stem().string();
        if (result_.phantom.name.empty()) result_.phantom.name = "frame specification";
    }

    FrameSpecification read(const std::string& text) {
        const auto lines = lines_of(text);
        if (lines.empty()) fail({1, {}}, "the file is empty; expected a header x,y,z and beads");
        header(lines.front());
        if (lines.size() == 1)
            fail(lines.front(), "there are no beads below the header; expected x,y,z lines");
        if (lines.size() > max_beads + 1)
            fail(lines[max_beads + 1], fmt::format("more than {} beads", max_beads));
        for (std::size_t n = 1; n < lines.size(); ++n)
            bead(lines[n]);
        return result_;
    }

  private:
    [[noreturn]] void fail(const Line& line, const std::string& message) const {
        throw Error(ErrorCode::invalid_file, message, fmt::format("{}:{}", name_, line.number));
    }

    void header(const Line& line) {
        std::size_t scales = 0;
        bool axes = false;
        for (const std::string_view cell : cells_of(line.text)) {
            std::string word(cell);
            std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) {
                return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
            });
            if (finite_number(word))
                fail(line,
                     "the first line must be a header x,y,z, found numbers; XMALab skips that "
                     "line, and the bead would be lost");
            if (word.find("white") != word.npos) result_.white_beads = true;
            axes = axes || word.starts_with('x') || word.starts_with("white");
            const auto scale = word.starts_with('s') ? finite_number(word.substr(1)) : std::nullopt;
            if (!scale) continue;
            if (*scale <= 0.0) fail(line, fmt::format("the scale {} must be positive", word));
            if (scales < 3) scale_[static_cast<Eigen::Index>(scales)] = *scale;
            ++scales;
        }
        if (scales != 0 && scales != 3)
            fail(line, fmt::format("three scales s<number> were expected in the header, found {}",
                                   scales));
        if (!axes && scales == 0)
            fail(line, "the first line must be a header x,y,z, found " + quoted_start(line.text));
    }

    void bead(const Line& line) {
        const auto cells = cells_of(line.text);
        if (cells.size() != 3 && cells.size() != 4)
            fail(line,
                 fmt::format("x,y,z or x,y,z,name was expected, found {} cell{} in {}{}",
                             cells.size(), cells.size() == 1 ? "" : "s", quoted_start(line.text),
                             line.text.find(';') != line.text.npos
                                 ? "; cells are parted by commas, decimals have points"
                                 : ""));
        Marker bead;
        bead.id = static_cast<int>(result_.phantom.beads.size()) + 1;
        bead.name = cells.size() == 4 && !cells[3].empty() ? std::string(cells[3])
                                                           : fmt::format("b{:02}", bead.id);
        for (int axis = 0; axis < 3; ++axis) {
            const std::string_view cell = cells[static_cast<std::size_t>(axis)];
            const auto value = finite_number(cell);
            if (!value)
                fail(line, fmt::format("{} must be a finite number, found {}", "xyz"[axis],
                                       quoted_start(cell)));
            const double factor = scale_[axis] * mm_per(options_.unit);
            bead.center_mm[axis] = factor == 1.0 ? *value : decimal_mm(factor * *value);
        }
        bead.diameter_mm = options_.bead_diameter_mm;
        bead.material = options_.bead_material;
        for (const Marker& other : result_.phantom.beads) {
            const double distance = (bead.center_mm - other.center_mm).norm();
            if (distance < bead.diameter_mm)
                fail(line, fmt::format("bead {} overlaps bead {}: their centres are {:.4g} mm "
                                       "apart, less than the diameter of {:g} mm; is the file in "
                                       "another unit?",
                                       bead.id, other.id, distance, bead.diameter_mm));
        }
        result_.phantom.beads.push_back(std::move(bead));
    }

    const std::string& name_;
    const FrameSpecificationReadOptions& options_;
    FrameSpecification result_;
    Eigen::Vector3d scale_ = Eigen::Vector3d::Ones();
};

}  // namespace

LengthUnit length_unit(const std::string& name) {
    if (name == "mm") return LengthUnit::mm;
    if (name == "cm") return LengthUnit::cm;
    throw Error(ErrorCode::usage, "a unit of length must be mm or cm, found '" + name + "'");
}

std::string frame_specification_csv(const MarkerPhantom& phantom,
                                    const FrameSpecificationOptions& options) {
    std::string text = options.white_beads ? "x,y,z,white\n" : "x,y,z\n";
    for (const Marker& bead : phantom.beads) {
        const Eigen::Vector3d p = bead.center_mm / mm_per(options.unit);
        text += fmt::format("{},{},{}", p.x(), p.y(), p.z());
        if (options.names) {
            require(bead.name.find_first_of(",\r\n") == std::string::npos,
                    fmt::format("the name of bead {} holds a comma or a line's end, which a frame "
                                "specification cannot",
                                bead.id));
            text += "," + bead.name;
        }
        text += '\n';
    }
    return text;
}

void FrameSpecificationReadOptions::validate() const {
    require(bead_diameter_mm > 0.0 && std::isfinite(bead_diameter_mm),
            fmt::format("the diameter of the beads must be positive, found {} mm; a frame "
                        "specification does not hold it",
                        bead_diameter_mm));
}

FrameSpecification parse_frame_specification(const std::string& text, const std::string& name,
                                             const FrameSpecificationReadOptions& options) {
    return Reader(name, options).read(text);
}

FrameSpecification read_frame_specification(const std::filesystem::path& path,
                                            const FrameSpecificationReadOptions& options) {
    return parse_frame_specification(read_text_file(path, max_bytes), path.string(), options);
}

std::vector<MarkedBead> marked_beads(const MarkerPhantom& phantom) {
    constexpr double equally_near_mm = 0.1;  // a reference is glued on by hand
    require(!phantom.references.empty(), "the phantom has no references");
    require(!phantom.beads.empty(), "the phantom has no beads");
    std::vector<MarkedBead> result;
    for (const Marker& reference : phantom.references) {
        std::vector<std::pair<double, std::size_t>> by_distance;
        for (std::size_t n = 0; n < phantom.beads.size(); ++n)
            by_distance.emplace_back((phantom.beads[n].center_mm - reference.center_mm).norm(), n);
        std::sort(by_distance.begin(), by_distance.end());
        require(by_distance.size() == 1 ||
                    by_distance[1].first - by_distance[0].first > equally_near_mm,
                fmt::format("reference '{}' marks no bead: two are equally near to it",
                            reference.name));
        const int number = static_cast<int>(by_distance[0].second) + 1;
        for (const MarkedBead& other : result)
            require(other.number != number,
                    fmt::format("references '{}' and '{}' mark the same bead, number {}",
                                other.name, reference.name, number));
        result.push_back({number, reference.name});
    }
    return result;
}

std::string references_text(const std::vector<MarkedBead>& beads) {
    std::string text;
    for (const MarkedBead& bead : beads) {
        require(!bead.name.empty() && bead.name.find_first_of(" \t,\r\n") == std::string::npos,
                fmt::format("a file of references takes names without spaces and commas, found "
                            "'{}'",
                            bead.name));
        text += fmt::format("{} {}\n", bead.number, bead.name);
    }
    return text;
}

std::vector<MarkedBead> parse_references(const std::string& text, const std::string& name,
                                         int bead_count) {
    std::vector<MarkedBead> result;
    std::set<int> numbers;
    std::set<std::string> names;
    const auto fail = [&](const Line& line, const std::string& message) {
        throw Error(ErrorCode::invalid_file, message, fmt::format("{}:{}", name, line.number));
    };
    const auto lines = lines_of(text);
    if (lines.empty())
        fail({1, {}}, "the file is empty; expected lines such as '14 square': bead, space, name");
    for (const Line& line : lines) {
        const std::size_t gap = std::min(line.text.find_first_of(" \t"), line.text.size());
        const std::string_view word = line.text.substr(0, gap);
        const std::string_view label = trimmed(line.text.substr(gap));
        int number = 0;
        const char* const end = word.data() + word.size();
        const auto [stop, error] = std::from_chars(word.data(), end, number);
        if (error != std::errc() || stop != end || label.empty() ||
            label.find_first_of(" \t,") != label.npos)
            fail(line, "bead, space, name was expected, such as '14 square', found " +
                           quoted_start(line.text));
        if (number < 1 || number > bead_count)
            fail(line, fmt::format("bead {} is none of the beads 1 to {}", number, bead_count));
        if (!numbers.insert(number).second)
            fail(line, fmt::format("bead {} is given twice", number));
        if (!names.insert(std::string(label)).second)
            fail(line, fmt::format("the name {} is given twice", quoted_start(label)));
        result.push_back({number, std::string(label)});
    }
    return result;
}

std::vector<MarkedBead> read_references(const std::filesystem::path& path, int bead_count) {
    return parse_references(read_text_file(path, max_bytes), path.string(), bead_count);
}

}  // namespace drr
