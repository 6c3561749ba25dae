#pragma once

#include "test.hpp"

#include <drr/core/file_io.hpp>

#include <sys/wait.h>

#include <cstdlib>
#include <string>

namespace test {

/// What a run of `stereodrr` ended with and wrote.
struct ToolRun {
    int code = 0;
    std::string out, err;
};

/// A folder in which `stereodrr` is run: STEREODRR_TOOL, as CMake defines it for the test.
class ToolFolder {
  public:
    [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
    [[nodiscard]] std::string text(const std::filesystem::path& file) const {
        return drr::read_text_file(path() / file);
    }

    /// Runs `stereodrr ARGUMENTS`.
    [[nodiscard]] ToolRun run(const std::string& arguments) const {
        const std::string out = (path() / "stdout").string();
        const std::string err = (path() / "stderr").string();
        const int status = std::system(("cd '" + path().string() + "' && " STEREODRR_TOOL " " +
                                        arguments + " >'" + out + "' 2>'" + err + "'")
                                           .c_str());
        return {WEXITSTATUS(status), drr::read_text_file(out), drr::read_text_file(err)};
    }
    /// The same where it has to succeed; what it printed.
    std::string succeed(const std::string& arguments) const {
        ToolRun done = run(arguments);
        BOOST_REQUIRE_MESSAGE(done.code == 0, arguments << ": " << done.err);
        return std::move(done.out);
    }
    /// What it shows in a terminal, progress and all (`script` belongs to every Debian).
    [[nodiscard]] std::string shown_in_terminal(const std::string& arguments) const {
        const std::string shown = (path() / "shown").string();
        const int status =
            std::system(("cd '" + path().string() + "' && script -qec \"" STEREODRR_TOOL " " +
                         arguments + "\" '" + shown + "' >/dev/null")
                            .c_str());
        BOOST_REQUIRE_MESSAGE(WEXITSTATUS(status) == 0, arguments);
        return drr::read_text_file(shown);
    }

  private:
    TemporaryFolder folder_;
};

}  // namespace test
