#include "inputs/ct_options.hpp"

#include "outputs/json_values.hpp"
#include "progress/progress_bar.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/physics/attenuation.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdio>

namespace tools {
namespace {

/// A number, or `otherwise` for empty text. Throws drr::Error(usage).
double limit_hu(const std::string& text, double otherwise) {
    if (text.empty()) return otherwise;
    double value = 0.0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size())
        throw drr::Error(drr::ErrorCode::usage,
                         fmt::format("expected LOW:HIGH in HU, found '{}'", text), "--hu-window");
    return value;
}

nlohmann::ordered_json finite_or_null(double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

}  // namespace

void add_reading_options(CLI::App& command, CtOptions& options) {
    command.add_option(
        "--series", options.reading.series,
        "Which series of a DICOM folder: its number in 'stereodrr volume FOLDER', or "
        "its SeriesInstanceUID");
    command.add_flag("--fill-missing", options.reading.fill_missing,
                     "Interpolate slices that are missing from a series between their neighbours");
    command.add_flag("--assume-hu", options.reading.assume_hu,
                     "Take the values for HU although the file says or looks otherwise");
}

drr::CtReadResult read_ct(const CtOptions& options) {
    drr::VolumeReadOptions reading = options.reading;
    reading.progress = progress_bar();
    drr::CtReadResult ct = drr::read_ct(options.path, reading);
    for (const std::string& warning : ct.warnings)
        fmt::print(stderr, "stereodrr: warning: {}: {}\n", options.path, warning);
    return ct;
}

nlohmann::ordered_json ct_json(const CtOptions& options, const drr::CtReadResult& ct) {
    return {{"path", options.path},
            {"source", ct.source},
            {"assume_hu", options.reading.assume_hu},
            {"fill_missing", options.reading.fill_missing},
            {"sizes", ct.volume.sizes},
            {"spacing_mm", json_list(ct.volume.spacing_mm)},
            {"origin_mm", json_list(ct.volume.origin_mm)},
            {"direction", json_rows(ct.volume.direction)},
            {"shear_removed", json_list(ct.shear)},
            {"warnings", ct.warnings}};
}

void add_attenuation_options(CLI::App& command, AttenuationOptions& options) {
    command.add_option("--energy-kev", options.energy_kev, "Photon energy of the radiograph")
        ->capture_default_str();
    command
        .add_option("--mu-rule", options.mu_rule,
                    "From HU to attenuation: water (all of it scales as water does) or bilinear "
                    "(above 0 HU a mixture of water and cortical bone)")
        ->check(CLI::IsMember({"water", "bilinear"}))
        ->capture_default_str();
    command
        .add_option("--scan-energy-kev", options.scan_energy_kev,
                    "Effective energy of the CT scan, for the CT number of bone (bilinear)")
        ->capture_default_str();
    command
        .add_option("--hu-window", options.hu_window,
                    "Voxels outside count as empty; e.g. 200: for bone alone, :2500 without metal")
        ->type_name("LOW:HIGH");
    command.add_option("--hu-clip", options.hu_clip, "Voxels above are taken for this HU");
}

drr::HuToMu make_hu_to_mu(const AttenuationOptions& options) {
    const double water_per_mm = drr::attenuation_per_mm("water", options.energy_kev);
    drr::HuToMu rule = drr::water_rule(water_per_mm);
    if (options.mu_rule == "bilinear")
        rule = drr::water_bone_rule(
            water_per_mm,
            drr::hounsfield(drr::attenuation_per_mm("cortical_bone", options.scan_energy_kev),
                            drr::attenuation_per_mm("water", options.scan_energy_kev)),
            drr::attenuation_per_mm("cortical_bone", options.energy_kev));
    if (!options.hu_window.empty()) {
        const std::size_t colon = options.hu_window.find(':');
        if (colon == std::string::npos)
            throw drr::Error(drr::ErrorCode::usage,
                             fmt::format("expected LOW:HIGH in HU, found '{}'", options.hu_window),
                             "--hu-window");
        rule.low_hu = limit_hu(options.hu_window.substr(0, colon), rule.low_hu);
        rule.high_hu = limit_hu(options.hu_window.substr(colon + 1), rule.high_hu);
    }
    if (options.hu_clip) rule.clip_hu = *options.hu_clip;
    rule.validate();
    return rule;
}

nlohmann::ordered_json attenuation_json(const AttenuationOptions& options,
                                        const drr::HuToMu& rule) {
    nlohmann::ordered_json knots = nlohmann::ordered_json::array();
    for (const drr::MuKnot& knot : rule.curve.knots())
        knots.push_back({{"hu", knot.hu}, {"mu_per_mm", knot.mu_per_mm}});
    return {{"energy_kev", options.energy_kev},
            {"rule", options.mu_rule},
            {"scan_energy_kev",
             options.mu_rule == "bilinear" ? finite_or_null(options.scan_energy_kev) : nullptr},
            {"knots", knots},
            {"window_hu", {finite_or_null(rule.low_hu), finite_or_null(rule.high_hu)}},
            {"clip_hu", finite_or_null(rule.clip_hu)}};
}

std::string describe_grid(const drr::CtReadResult& ct) {
    const drr::CtVolume& volume = ct.volume;
    return fmt::format(
        "{} x {} x {} voxels of {:.4g} x {:.4g} x {:.4g} mm{}", volume.sizes[0], volume.sizes[1],
        volume.sizes[2], volume.spacing_mm[0], volume.spacing_mm[1], volume.spacing_mm[2],
        ct.shear.norm() > 0.0
            ? fmt::format(", gantry tilt of {:.1f} deg resampled", tilt_deg(ct.shear))
            : "");
}

double tilt_deg(const Eigen::Vector2d& shear) {
    return std::atan(shear.norm()) / drr::degree;
}

}  // namespace tools
