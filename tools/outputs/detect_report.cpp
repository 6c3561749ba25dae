#include "outputs/detect_report.hpp"

#include "outputs/json_values.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

std::size_t named_beads(const ImageOutcome& outcome) {
    return static_cast<std::size_t>(
        std::count_if(outcome.markers.begin(), outcome.markers.end(),
                      [](const std::string& marker) { return !marker.empty(); }));
}

/// "3126 one sided, 443 repeated"
std::string refusals_text(const stereo::BeadDetectorResult& result) {
    std::string text;
    const auto counts = result.refusals();
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0) continue;
        std::string name = stereo::name_of(static_cast<stereo::BeadRefusal>(i));
        std::replace(name.begin(), name.end(), '_', ' ');
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[i], name);
    }
    return text.empty() ? "nothing" : text;
}

Json bead_json(const stereo::BeadDetection& bead, std::size_t number, const std::string* marker) {
    Json json = {{"bead", number}};
    if (marker != nullptr && !marker->empty()) json["marker"] = *marker;
    json["center_px"] = json_list(bead.center_px);
    json["covariance_px2"] = json_rows(bead.covariance_px2);
    json["radius_px"] = bead.radius_px;
    json["contrast"] = bead.contrast;
    json["flags"] = stereo::bead_flags_text(bead.flags);
    return json;
}

}  // namespace

std::string reason_for_none(const ImageOutcome& outcome) {
    if (!outcome.error.empty()) return outcome.error;
    if (!outcome.objection.empty()) return outcome.objection;
    const stereo::BeadDetectorResult& result = outcome.result.value();
    const std::string size = result.diameter_px > 0.0
                                 ? fmt::format(" of about {:.3g} px diameter", result.diameter_px)
                                 : " of any size";
    return fmt::format("no beads{}; refused: {}", size, refusals_text(result));
}

std::string outcome_table(const std::vector<ImageOutcome>& outcomes) {
    std::size_t width = 5;
    for (const ImageOutcome& outcome : outcomes)
        width = std::max(width, outcome.image.size());
    const bool names = std::any_of(outcomes.begin(), outcomes.end(),
                                   [](const ImageOutcome& o) { return !o.markers.empty(); });
    std::string text =
        fmt::format("{:<{}}  beads  flagged{}  diameter px  blur px  time ms  refused\n", "image",
                    width, names ? "  named" : "");
    for (const ImageOutcome& outcome : outcomes) {
        if (!outcome.result || outcome.result->beads.empty()) {
            text += fmt::format("{:<{}}  {:>5}  {}\n", outcome.image, width,
                                outcome.result ? "0" : "-", reason_for_none(outcome));
            continue;
        }
        const stereo::BeadDetectorResult& result = *outcome.result;
        const auto flagged = std::count_if(
            result.beads.begin(), result.beads.end(),
            [](const stereo::BeadDetection& bead) { return bead.flags != stereo::bead_ok; });
        text += fmt::format(
            "{:<{}}  {:>5}  {:>7}{}  {:>11.1f}  {:>7.2f}  {:>7.0f}  {}\n", outcome.image, width,
            result.beads.size(), flagged, names ? fmt::format("  {:>5}", named_beads(outcome)) : "",
            result.diameter_px, result.blur_px, outcome.time_ms, refusals_text(result));
        if (!outcome.objection.empty())
            text += fmt::format("{:<{}}         but {}\n", "", width, outcome.objection);
    }
    int last_frame = -1;
    for (const ImageOutcome& outcome : outcomes) {
        if (outcome.identity.empty() || outcome.frame == last_frame) continue;
        last_frame = outcome.frame;
        text += fmt::format("frame {}: {}\n", outcome.frame + 1, outcome.identity);
    }
    return text;
}

Json outcome_json(const std::vector<ImageOutcome>& outcomes) {
    Json list = Json::array();
    for (const ImageOutcome& outcome : outcomes) {
        Json json = {{"image", outcome.image}, {"frame", outcome.frame}, {"view", outcome.view}};
        if (!outcome.error.empty()) json["error"] = outcome.error;
        if (!outcome.objection.empty()) json["objection"] = outcome.objection;
        if (outcome.result) {
            const stereo::BeadDetectorResult& result = *outcome.result;
            json["summary"] = result.summary;
            json["diameter_px"] = result.diameter_px;
            json["blur_px"] = result.blur_px;
            json["veil_share"] = result.veil_share;
            json["irradiated_share"] = result.irradiated_share;
            json["candidate_count"] = result.candidates;
            Json refused = Json::object();
            const auto counts = result.refusals();
            for (std::size_t i = 0; i < counts.size(); ++i)
                refused[stereo::name_of(static_cast<stereo::BeadRefusal>(i))] = counts[i];
            json["refused_by_reason_count"] = refused;
            if (!outcome.identity.empty()) json["identification"] = outcome.identity;
            json["beads"] = Json::array();
            for (std::size_t i = 0; i < result.beads.size(); ++i)
                json["beads"].push_back(
                    bead_json(result.beads[i], i + 1,
                              outcome.markers.empty() ? nullptr : &outcome.markers[i]));
        }
        list.push_back(std::move(json));
    }
    return list;
}

}  // namespace tools
