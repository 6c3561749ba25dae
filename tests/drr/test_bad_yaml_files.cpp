#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/yaml_reader.hpp>

#include <chrono>
#include <filesystem>
#include <string>

using namespace drr;

// Files of the YAML test suite that break YAML's grammar. yaml-cpp takes some of them, but none is
// a rig.
BOOST_AUTO_TEST_CASE(each_file_gives_one_clear_error) {
    const auto folder = test::realdata() / "bad" / "yaml";
    // Each has less than 100 bytes; a reader that needs longer hangs.
    constexpr std::chrono::seconds time_limit{2};
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string path = entry.path().string();
        BOOST_TEST_CONTEXT(path) {
            const auto start = std::chrono::steady_clock::now();
            BOOST_CHECK_EXCEPTION((void)read_yaml(path, "rig"), Error, ([&](const Error& error) {
                                      const std::string what = error.what();
                                      return error.code() == ErrorCode::invalid_file &&
                                             !error.message().empty() && what.starts_with(path) &&
                                             what.find('\n') == std::string::npos;
                                  }));
            BOOST_TEST((std::chrono::steady_clock::now() - start < time_limit));
        }
        ++files;
    }
    BOOST_TEST(files > 40);
}
