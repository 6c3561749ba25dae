#pragma once

#include <CLI/CLI.hpp>

#include <functional>

// Each subcommand stands in a file of its own: add_<name>(app) declares its arguments and sets
// `run`, which main() calls after the command line was parsed. run() returns normally or throws
// drr::Error.
namespace tools {

using Run = std::function<void()>;

void add_render(CLI::App& app, Run& run);
void add_validate(CLI::App& app, Run& run);

/// What a run ends with when it finished but its numerical outcome is not usable
/// (docs/conventions.md).
class NoResult : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

void add_calibrate(CLI::App& app, Run& run);
void add_detect(CLI::App& app, Run& run);
void add_diff(CLI::App& app, Run& run);
void add_drift(CLI::App& app, Run& run);
void add_epipolar(CLI::App& app, Run& run);
void add_grid(CLI::App& app, Run& run);
void add_match(CLI::App& app, Run& run);
void add_phantom(CLI::App& app, Run& run);
void add_scene(CLI::App& app, Run& run);
void add_spectrum(CLI::App& app, Run& run);
void add_study(CLI::App& app, Run& run);
void add_sync(CLI::App& app, Run& run);
void add_track(CLI::App& app, Run& run);
void add_triangulate(CLI::App& app, Run& run);
void add_undistort(CLI::App& app, Run& run);
void add_volume(CLI::App& app, Run& run);
void add_geometry(CLI::App& app, Run& run);

}  // namespace tools
