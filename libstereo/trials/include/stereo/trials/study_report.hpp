#pragma once

#include <stereo/trials/study_summary.hpp>

#include <filesystem>
#include <string>

namespace stereo {

/// A summary as one self-contained page that opens offline: which values of each numeric factor
/// keep to which accuracy, interactive plots of errors, coverage
/// and predictions against each numeric factor, the depth law over the measured curve, where the
/// errors come from, the geometry in three dimensions, the leaderboard, and all conditions in a
/// table that sorts. `scenes_json` is study_scenes_json()'s text or empty; `plotly_js` is Plotly's
/// source (python3-plotly brings /usr/share/python3-plotly/plotly.js), which goes into the page
/// compressed, for browsers with DecompressionStream (from 2020 to 2023 on); elsewhere, and where
/// the file is absent, the page has its tables only and says so. Throws drr::Error(io) for a file
/// that cannot be read.
[[nodiscard]] std::string study_report_html(const StudySummary& summary,
                                            const std::string& scenes_json,
                                            const std::filesystem::path& plotly_js);

}  // namespace stereo
