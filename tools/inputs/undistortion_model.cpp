#include "inputs/undistortion_model.hpp"

#include <drr/core/error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

namespace tools {

std::vector<stereo::UndistortionModel> undistortion_models(const std::string& text) {
    using stereo::UndistortionKind;
    if (text == "auto") return stereo::usual_undistortion_models();
    if (text == "none") return {{UndistortionKind::none}};
    const auto refuse = [&] {
        throw drr::Error(drr::ErrorCode::usage,
                         fmt::format("expected auto, none, brown_conrady:N, polynomial:N, "
                                     "thin_plate:SMOOTHING or local_weighted_mean:N, found '{}'",
                                     text),
                         "--model");
    };
    const std::size_t colon = text.find(':');
    const std::string number = colon == std::string::npos ? "" : text.substr(colon + 1);
    char* end = nullptr;
    const double value = std::strtod(number.c_str(), &end);
    if (number.empty() || *end != '\0' || !std::isfinite(value)) refuse();
    const std::string kind = text.substr(0, colon);
    if (kind == "thin_plate") return {{UndistortionKind::thin_plate, 0, value}};
    if (value != std::floor(value) || std::abs(value) > 1000.0) refuse();
    const int order = static_cast<int>(value);
    if (kind == "brown_conrady") return {{UndistortionKind::brown_conrady, order}};
    if (kind == "polynomial") return {{UndistortionKind::polynomial, order}};
    if (kind == "local_weighted_mean") return {{UndistortionKind::local_weighted_mean, order}};
    refuse();
    return {};
}

std::string candidates_table(const stereo::UndistortionChoice& choice) {
    std::string text = fmt::format("    {:34} {:>10} {:>10} {:>13} {:>16}\n", "RMS, px, one axis",
                                   "parameters", "residuals", "leave-one-out", "cross-validation");
    for (std::size_t i = 0; i < choice.candidates.size(); ++i) {
        const stereo::UndistortionCandidate& c = choice.candidates[i];
        text += fmt::format(
            "  {} {:34} {:>10} {:>10.4f} {:>13.4f} {:>16.4f}{}\n", i == choice.best ? '*' : ' ',
            c.model.name(), std::isnan(c.parameters) ? "" : fmt::format("{:.1f}", c.parameters),
            c.rms_px, c.left_out_rms_px, c.cross_validation_rms_px,
            c.not_predicted > 0 ? fmt::format(" ({} not predicted)", c.not_predicted) : "");
    }
    return text;
}

}  // namespace tools
