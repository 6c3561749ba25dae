#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/calib/observations_io.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

namespace stereo {
namespace {

std::vector<std::string> cells_of(std::string line) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::vector<std::string> cells;
    std::size_t at = 0;
    while (true) {
        const std::size_t comma = line.find(',', at);
        cells.push_back(line.substr(at, comma - at));
        if (comma == line.npos) return cells;
        at = comma + 1;
    }
}

class Table {
  public:
    explicit Table(const std::filesystem::path& path)
        : name_(path.string()), text_(drr::read_text_file(path)) {
        header_ = next() ? cells_ : std::vector<std::string>{};
    }
    bool next() {
        for (std::string line; std::getline(text_, line);) {
            ++number_;
            cells_ = cells_of(line);
            if (cells_.size() == 1 && cells_[0].empty()) continue;
            if (!header_.empty() && cells_.size() != header_.size())
                fail(
                    fmt::format("{} columns were expected, not {}", header_.size(), cells_.size()));
            return true;
        }
        return false;
    }
    [[noreturn]] void fail(const std::string& message) const {
        throw drr::Error(drr::ErrorCode::invalid_file, message,
                         fmt::format("{}:{}", name_, std::max(number_, 1)));
    }
    [[nodiscard]] std::size_t column(std::string_view name) const {
        const auto found = std::find(header_.begin(), header_.end(), name);
        if (found == header_.end())
            fail(fmt::format("column '{}' is missing from the header", name));
        return static_cast<std::size_t>(found - header_.begin());
    }
    [[nodiscard]] const std::string& text(std::size_t column) const { return cells_[column]; }
    template <class Number>
    [[nodiscard]] Number number(std::size_t column) const {
        const std::string& cell = cells_[column];
        Number value{};
        const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
        if (error != std::errc() || end != cell.data() + cell.size() ||
            !std::isfinite(static_cast<double>(value)))
            fail(fmt::format("{}: '{}' is not a finite number", header_[column], cell));
        return value;
    }

  private:
    std::string name_;
    std::istringstream text_;
    int number_ = 0;
    std::vector<std::string> header_;
    std::vector<std::string> cells_;
};

bool distrusted(const std::string& flags) {
    for (const char* flag : {"overlapped", "clipped", "irregular"})
        if (flags.find(flag) != std::string::npos) return true;
    return false;
}

// The marker of a name, or none.
using MarkerOf = std::function<std::optional<int>(const std::string& name)>;

Observations read(const std::filesystem::path& path, const MarkerOf& marker_of) {
    // More poses or views than any laboratory has: a wrong column.
    constexpr int most = 100000;
    Table table(path);
    const std::size_t pose = table.column("pose");
    const std::size_t view = table.column("view");
    const std::size_t bead = table.column("bead");
    const std::size_t x = table.column("x_px");
    const std::size_t y = table.column("y_px");
    const std::size_t sd = table.column("sd_px");
    const std::size_t flags = table.column("flags");
    Observations result;
    result.view_count = 1;
    while (table.next()) {
        if (table.text(bead).empty() || distrusted(table.text(flags))) continue;
        const std::optional<int> marker = marker_of(table.text(bead));
        if (!marker) table.fail(fmt::format("the phantom has no bead '{}'", table.text(bead)));
        const Observation item{table.number<int>(pose),
                               table.number<int>(view),
                               *marker,
                               {table.number<double>(x), table.number<double>(y)},
                               table.number<double>(sd)};
        if (item.pose < 0 || item.pose >= most || item.view < 0 || item.view >= most)
            table.fail("pose and view are counted from 0");
        if (!(item.sd_px > 0.0)) table.fail("sd_px must be positive");
        result.items.push_back(item);
        result.pose_count = std::max(result.pose_count, item.pose + 1);
        result.view_count = std::max(result.view_count, item.view + 1);
    }
    if (result.items.empty()) table.fail("no named bead that can be trusted");
    return result;
}

}  // namespace

Observations read_observations(const std::filesystem::path& path,
                               const std::map<std::string, int>& marker_of_bead) {
    return read(path, [&](const std::string& name) -> std::optional<int> {
        const auto found = marker_of_bead.find(name);
        if (found == marker_of_bead.end()) return std::nullopt;
        return found->second;
    });
}

NamedObservations read_observations(const std::filesystem::path& path) {
    std::map<std::string, int> numbers;
    NamedObservations result;
    result.observations = read(path, [&](const std::string& name) {
        const auto [at, is_new] = numbers.try_emplace(name, static_cast<int>(result.names.size()));
        if (is_new) result.names.push_back(name);
        return at->second;
    });
    result.observations.markers_in_phantom_mm.resize(result.names.size(), Eigen::Vector3d::Zero());
    return result;
}

std::string observations_csv(std::span<const ObservedBead> beads) {
    std::string text = "pose,view,bead,x_px,y_px,sd_px,flags\n";
    for (const auto& bead : beads) {
        drr::require(bead.bead.find_first_of(",\r\n") == std::string::npos,
                     "a comma or line break in the name of a bead");
        text += fmt::format("{},{},{},{:.6f},{:.6f},{:.6f},{}\n", bead.pose, bead.view, bead.bead,
                            bead.center_px.x(), bead.center_px.y(), bead.sd_px, bead.flags);
    }
    return text;
}

}  // namespace stereo
