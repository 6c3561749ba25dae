#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <stereo/trials/study_outline.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace stereo {

using Json = nlohmann::ordered_json;

const char* name_of(TrialLevel level) {
    return level == TrialLevel::points ? "points" : "images";
}

std::uint64_t StudyOutline::seed_of(int repetition) const {
    drr::Rng rng({.seed = seed,
                  .trial = static_cast<std::uint32_t>(repetition),
                  .purpose = drr::RngPurpose::trial_seed});
    const std::uint64_t high = rng.next_u32() >> 1;
    return (high << 32) | rng.next_u32();
}

std::string StudyOutline::condition_text(std::size_t condition) const {
    std::string text;
    for (std::size_t f = 0; f < factors.size(); ++f)
        text +=
            fmt::format("{}{} = {}", f == 0 ? "" : ", ", factors[f], conditions[condition][f].text);
    return text;
}

std::string outline_json(const StudyOutline& outline) {
    Json conditions = Json::array();
    for (const auto& values : outline.conditions) {
        Json texts = Json::array();
        for (const FactorValue& value : values)
            texts.push_back({{"text", value.text},
                             {"number", value.number ? Json(*value.number) : Json(nullptr)}});
        conditions.push_back(texts);
    }
    return Json{{"name", outline.name},
                {"description", outline.description},
                {"level", name_of(outline.level)},
                {"seed", outline.seed},
                {"repetitions", outline.repetitions},
                {"procedures", outline.procedures},
                {"factors", outline.factors},
                {"conditions", conditions},
                {"fingerprint", outline.fingerprint}}
        .dump();
}

StudyOutline parse_outline(const std::string& text, const std::string& file) {
    try {
        const Json json = Json::parse(text);
        StudyOutline outline;
        json.at("name").get_to(outline.name);
        json.at("description").get_to(outline.description);
        outline.level = json.at("level") == "images" ? TrialLevel::images : TrialLevel::points;
        json.at("seed").get_to(outline.seed);
        json.at("repetitions").get_to(outline.repetitions);
        json.at("procedures").get_to(outline.procedures);
        json.at("factors").get_to(outline.factors);
        for (const Json& values : json.at("conditions")) {
            auto& condition = outline.conditions.emplace_back();
            for (const Json& value : values) {
                FactorValue& added = condition.emplace_back();
                value.at("text").get_to(added.text);
                if (!value.at("number").is_null()) added.number = value.at("number").get<double>();
            }
        }
        json.at("fingerprint").get_to(outline.fingerprint);
        return outline;
    } catch (const Json::exception& error) {
        throw drr::Error(drr::ErrorCode::invalid_file,
                         fmt::format("the outline of its study cannot be read: {}", error.what()),
                         file);
    }
}

}  // namespace stereo
