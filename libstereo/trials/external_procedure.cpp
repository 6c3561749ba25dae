#include "external_procedure.hpp"

#include "child_process.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/geometry/view_files.hpp>
#include <stereo/calib/calibration_io.hpp>
#include <stereo/calib/calibration_json.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

namespace stereo {
namespace {

// As one word of the shell.
std::string quoted(const std::filesystem::path& path) {
    std::string text = "'";
    for (const char c : path.string())
        text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string filled_in(std::string command, const std::string& mark, const std::string& value) {
    for (std::size_t at = command.find(mark); at != std::string::npos;
         at = command.find(mark, at + value.size()))
        command.replace(at, mark.size(), value);
    return command;
}

drr::CalibratedView read_mayacam(const std::filesystem::path& file) {
    const ViewCalibration read = read_mayacam2(file);
    if (read.distortion)
        throw drr::Error(drr::ErrorCode::unsupported,
                         "a calibration with distortion cannot be scored: points are triangulated "
                         "from pixels as they were observed",
                         file.string());
    return read.view;
}

Calibration read_result(const std::filesystem::path& out) {
    if (std::filesystem::exists(out / "calibration.json"))
        return read_calibration(out / "calibration.json");
    Calibration result;
    if (std::filesystem::exists(out / "view0_MayaCam2.txt")) {
        for (const char* const name : {"view0_MayaCam2.txt", "view1_MayaCam2.txt"})
            result.views.push_back(read_mayacam(out / name));
    } else if (std::filesystem::exists(out / "views.yaml")) {
        for (const auto& view : drr::read_views(out / "views.yaml").views)
            result.views.push_back(view.calibrated());
    } else {
        throw drr::Error(drr::ErrorCode::invalid_file,
                         "no calibration.json, view0_MayaCam2.txt and view1_MayaCam2.txt, or "
                         "views.yaml");
    }
    result.ok = true;
    return result;
}

Calibration failed(std::string why, const CommandOutcome& outcome) {
    Calibration result;
    result.summary = std::move(why);
    if (!outcome.output.empty()) result.summary += "; it printed: " + outcome.output;
    return result;
}

}  // namespace

ScratchFolder::ScratchFolder(const std::filesystem::path& parent) {
    std::string name = (parent / "case-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
        throw drr::Error(drr::ErrorCode::io,
                         fmt::format("cannot make a folder: {}", std::strerror(errno)),
                         parent.string());
    path_ = name;
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Calibration run_external_procedure(const StudyProcedure& procedure,
                                   const std::filesystem::path& case_folder,
                                   const std::filesystem::path& scratch) {
    const ScratchFolder own(scratch);
    const std::filesystem::path out = own.path() / "out";
    drr::make_folder(out);
    const std::string command = filled_in(
        filled_in(procedure.command, "{case}", quoted(std::filesystem::absolute(case_folder))),
        "{out}", quoted(std::filesystem::absolute(out)));
    const CommandOutcome outcome =
        run_command(command, procedure.time_limit_s, own.path() / "output.txt");
    if (outcome.timed_out)
        return failed(fmt::format("stopped after {} s", procedure.time_limit_s), outcome);
    if (outcome.signal != 0)
        return failed(
            fmt::format("ended by signal {} ({})", outcome.signal, strsignal(outcome.signal)),
            outcome);
    if (outcome.exit_status != 0)
        return failed(fmt::format("exit status {}", outcome.exit_status), outcome);
    try {
        Calibration result = read_result(out);
        if (result.ok && result.views.size() != 2)
            return failed(fmt::format("wrote {} views, 2 were expected", result.views.size()),
                          outcome);
        return result;
    } catch (const drr::Error& error) {
        return failed(fmt::format("wrote no usable calibration: {}", error.message()), outcome);
    }
}

}  // namespace stereo
