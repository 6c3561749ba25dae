#pragma once

#include <drr/volume/hu_to_mu.hpp>
#include <drr/volume/volume_io.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace tools {

/// What the commands that take a CT have in common.
struct CtOptions {
    std::string path;
    drr::VolumeReadOptions reading;
};

/// --series, --fill-missing and --assume-hu; the path's own name differs between commands.
void add_reading_options(CLI::App& command, CtOptions& options);

/// Reads with a progress bar, warnings to standard error.
[[nodiscard]] drr::CtReadResult read_ct(const CtOptions& options);

/// The record of what was read and how.
[[nodiscard]] nlohmann::ordered_json ct_json(const CtOptions& options, const drr::CtReadResult& ct);

/// How CT numbers become attenuation.
struct AttenuationOptions {
    double energy_kev = 60.0;  ///< of the radiograph; about the mean of a 100 kV beam
    std::string mu_rule = "water";
    /// At which the scan's CT numbers hold: about the mean of a filtered 120 kV beam.
    double scan_energy_kev = 70.0;
    std::string hu_window;  ///< LOW:HIGH, either may be empty
    std::optional<double> hu_clip;
};

/// --mu-rule, --energy-kev, --scan-energy-kev, --hu-window and --hu-clip.
void add_attenuation_options(CLI::App& command, AttenuationOptions& options);

/// The rule that the options describe, with coefficients from the tables. Throws
/// drr::Error(usage).
[[nodiscard]] drr::HuToMu make_hu_to_mu(const AttenuationOptions& options);

/// The record of the options and of the rule that came of them.
[[nodiscard]] nlohmann::ordered_json attenuation_json(const AttenuationOptions& options,
                                                      const drr::HuToMu& rule);

/// One line: sizes, spacing, tilt.
[[nodiscard]] std::string describe_grid(const drr::CtReadResult& ct);

/// The gantry's tilt that a shear stands for.
[[nodiscard]] double tilt_deg(const Eigen::Vector2d& shear);

}  // namespace tools
