#include "gzip.hpp"
#include "report_page.hpp"

#include <drr/core/base64.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/trials/study_report.hpp>

#include <string_view>

namespace stereo {
namespace {

// Whatever text stands in it, it must not end the script that it stands in.
std::string within_script(std::string text) {
    for (std::size_t at = text.find("</"); at != std::string::npos; at = text.find("</", at + 3))
        text.replace(at, 2, "<\\/");
    return text;
}

void fill(std::string& page, std::string_view mark, const std::string& text) {
    page.replace(page.find(mark), mark.size(), text);
}

}  // namespace

std::string study_report_html(const StudySummary& summary, const std::string& scenes_json,
                              const std::filesystem::path& plotly_js) {
    std::string page;
    for (const char* const part : embedded::study_report_page)
        page += part;
    // The last mark first: what is filled in may hold anything.
    fill(page, "@SCENES@", scenes_json.empty() ? R"({"scenes":[]})" : within_script(scenes_json));
    fill(page, "@SUMMARY@", within_script(study_summary_json(summary)));
    fill(page, "@PLOTLY@",
         std::filesystem::exists(plotly_js) ? drr::base64(gzip(drr::read_text_file(plotly_js)))
                                            : "");
    return page;
}

}  // namespace stereo
