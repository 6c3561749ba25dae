#pragma once

#define BOOST_TEST_DYN_LINK
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

namespace test {

/// A folder of its own for each test, removed at the end.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// The folder of real data (STEREODRR_REALDATA). Where it is absent the test says so and ends with
/// the exit code that CTest reports as "skipped".
[[nodiscard]] std::filesystem::path realdata();

/// Where `program` is not installed the test says so and ends with the exit code that CTest reports
/// as "skipped".
void need_program(const std::string& program);

/// How often a statistical test repeats: STEREODRR_TRIALS of the environment where it is set, as by
/// the CTest entries of stereodrr_more_trials. Throws std::invalid_argument where that is no
/// number.
[[nodiscard]] int trials(int otherwise);

/// The folder `phantoms` of the source tree.
[[nodiscard]] std::filesystem::path phantoms();

}  // namespace test
