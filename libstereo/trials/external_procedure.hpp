#pragma once

#include <stereo/study/observed.hpp>
#include <stereo/trials/study.hpp>

#include <filesystem>

namespace stereo {

/// A folder of its own under `parent`, removed with everything in it at the end.
class ScratchFolder {
  public:
    explicit ScratchFolder(const std::filesystem::path& parent);
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Runs a procedure's command on a case folder (write_procedure_case) under /bin/sh and reads the
/// calibration that it wrote into {out}: calibration.json, or view0_MayaCam2.txt and
/// view1_MayaCam2.txt, or views.yaml, whichever is there first. A command that does not end in
/// time is killed with all that it started. Failures are calibrations that are not ok and say why
/// in one line, with the end of what the command printed. Throws drr::Error(io) only where folders
/// cannot be made.
[[nodiscard]] Calibration run_external_procedure(const StudyProcedure& procedure,
                                                 const std::filesystem::path& case_folder,
                                                 const std::filesystem::path& scratch);

}  // namespace stereo
