#include "markup.hpp"

#include "report_style.hpp"

#include <drr/core/version.hpp>

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

namespace stereo {

std::string escape_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string fixed(double value, int digits) {
    if (!std::isfinite(value)) return "–";
    const std::string magnitude = fmt::format("{:.{}f}", std::abs(value), digits);
    const bool zero = magnitude.find_first_not_of("0.") == std::string::npos;
    return value < 0.0 && !zero ? "−" + magnitude : magnitude;
}

std::string signed_fixed(double value, int digits) {
    const std::string text = fixed(value, digits);
    const bool zero = text.find_first_not_of("0.") == std::string::npos;
    return std::isfinite(value) && value > 0.0 && !zero ? "+" + text : text;
}

std::string table(const TableRow& header, const std::vector<TableRow>& rows) {
    std::string out = "<div class=\"scroll\"><table>\n<thead><tr>";
    for (const std::string& cell : header)
        out += fmt::format("<th scope=\"col\">{}</th>", cell);
    out += "</tr></thead>\n<tbody>\n";
    for (const TableRow& row : rows) {
        if (row.size() == 1) {
            out += fmt::format("<tr class=\"group\"><th colspan=\"{}\">{}</th></tr>\n",
                               header.size(), row.front());
            continue;
        }
        out += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i)
            out += i == 0 ? fmt::format("<th scope=\"row\">{}</th>", row[i])
                          : fmt::format("<td>{}</td>", row[i]);
        out += "</tr>\n";
    }
    return out + "</tbody></table></div>\n";
}

std::string figure(std::string_view content, std::string_view caption, std::string_view css_class) {
    return fmt::format("<figure class=\"{}\">\n{}<figcaption>{}</figcaption></figure>\n", css_class,
                       content, caption);
}

std::string html_page(std::string_view title, std::string_view about, std::uint64_t seed,
                      std::string_view body) {
    const std::string heading = escape_text(title);
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n"
        "<header>\n<h1>{}</h1>\n<p class=\"about\">{} StereoDRR {}, commit {}, seed "
        "{}.</p>\n</header>\n{}</main>\n</body>\n</html>\n",
        heading, report_style, heading, about, escape_text(drr::version()),
        escape_text(drr::git_commit()), seed, body);
}

}  // namespace stereo
