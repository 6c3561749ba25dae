#include "commands/commands.hpp"

#include <drr/core/error.hpp>
#include <drr/core/log.hpp>
#include <drr/core/parallel.hpp>
#include <drr/core/version.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <exception>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace {

// docs/conventions.md, "Error codes".
enum ExitCode { success = 0, internal = 1, usage = 2, invalid_file = 3, io = 4, no_result = 5 };

ExitCode exit_code(drr::ErrorCode code) {
    switch (code) {
        case drr::ErrorCode::usage:
            return usage;
        case drr::ErrorCode::invalid_file:
        case drr::ErrorCode::unsupported:
            return invalid_file;
        case drr::ErrorCode::io:
            return io;
        case drr::ErrorCode::internal:
            return internal;
    }
    return internal;
}

int fail(ExitCode code, const std::string& message) {
    fmt::print(stderr, "stereodrr: error: {}\n", message);
    return code;
}

/// Images of megabytes come and go in every trial. By default the system takes their memory back
/// each time and clears it page by page for the next, which costs 5 % of a study on images.
void keep_memory_of_images() {
#ifdef __GLIBC__
    constexpr int largest_kept = 32 << 20;  // bytes, the most that glibc allows
    constexpr int free_memory = 512 << 20;  // bytes, some dozens of images
    mallopt(M_MMAP_THRESHOLD, largest_kept);
    mallopt(M_TRIM_THRESHOLD, free_memory);
#endif
}

}  // namespace

int main(int argc, char** argv) {
    keep_memory_of_images();
    CLI::App app(
        "Stereo X-ray calibration and reconstruction: render, calibrate, triangulate, validate",
        "stereodrr");
    app.set_version_flag("--version",
                         fmt::format("stereodrr {} ({})", drr::version(), drr::git_commit()));
    // Not (1): then an unknown option would be reported as a missing subcommand.
    app.require_subcommand(0, 1);
    app.fallthrough();  // --threads and --verbose may stand behind the subcommand too
    int threads = 0;
    bool verbose = false;
    app.add_option("--threads", threads, "Threads to use; 0 takes all cores")
        ->check(CLI::NonNegativeNumber);
    app.add_flag("--verbose", verbose, "Log what is done to standard error");

    tools::Run run;
    tools::add_validate(app, run);
    tools::add_study(app, run);
    tools::add_render(app, run);
    tools::add_scene(app, run);
    tools::add_detect(app, run);
    tools::add_grid(app, run);
    tools::add_undistort(app, run);
    tools::add_calibrate(app, run);
    tools::add_diff(app, run);
    tools::add_drift(app, run);
    tools::add_epipolar(app, run);
    tools::add_triangulate(app, run);
    tools::add_match(app, run);
    tools::add_track(app, run);
    tools::add_sync(app, run);
    tools::add_volume(app, run);
    tools::add_geometry(app, run);
    tools::add_spectrum(app, run);
    tools::add_phantom(app, run);

    try {
        app.parse(argc, argv);
        if (app.get_subcommands().empty()) throw CLI::RequiredError::Subcommand(1);
    } catch (const CLI::Success& request) {  // --help, --version
        return app.exit(request);
    } catch (const CLI::ParseError& error) {
        app.exit(error);
        return usage;
    }
    try {
        if (verbose) drr::set_log_level(drr::LogLevel::info);
        const drr::ThreadLimit limit(threads);
        run();
        return success;
    } catch (const tools::NoResult& outcome) {
        return fail(no_result, outcome.what());
    } catch (const drr::Error& error) {
        return fail(exit_code(error.code()), error.what());
    } catch (const std::exception& error) {
        return fail(internal, fmt::format("internal error: {}", error.what()));
    }
}
