#include "test.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace test {

TemporaryFolder::TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "stereodrr-XXXXXX").string();
    path_ = mkdtemp(name.data());
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path realdata() {
    const std::filesystem::path folder = STEREODRR_REALDATA;
    if (!std::filesystem::is_directory(folder)) {
        std::cout << "skipped: no real data at " << folder << " (set STEREODRR_REALDATA)\n"
                  << std::flush;
        std::_Exit(77);
    }
    return folder;
}

std::filesystem::path phantoms() {
    return STEREODRR_PHANTOMS;
}

}  // namespace test
