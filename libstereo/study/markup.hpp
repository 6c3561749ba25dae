#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stereo {

/// Text made safe as the content of an element or a quoted attribute.
[[nodiscard]] std::string escape_text(std::string_view text);

/// A number with a fixed number of digits and a true minus sign; a dash where it is not finite.
[[nodiscard]] std::string fixed(double value, int digits);

/// The same with the sign of a positive number shown too.
[[nodiscard]] std::string signed_fixed(double value, int digits);

/// A table row: cells of finished markup, the first one its heading. A row of one cell spans the
/// table and heads a group.
using TableRow = std::vector<std::string>;

/// A table that scrolls sideways where the page is too narrow for it.
[[nodiscard]] std::string table(const TableRow& header, const std::vector<TableRow>& rows);

/// A figure with its caption, both finished markup.
[[nodiscard]] std::string figure(std::string_view content, std::string_view caption,
                                 std::string_view css_class = "");

/// A whole page that needs no other file: its title, a line about it with version, commit and seed,
/// and its body of finished markup.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view about,
                                    std::uint64_t seed, std::string_view body);

}  // namespace stereo
