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

namespace {

[[noreturn]] void skip(const std::string& reason) {
    std::cout << "skipped: " << reason << '\n' << std::flush;
    std::_Exit(77);
}

}  // namespace

std::filesystem::path realdata() {
    const std::filesystem::path folder = STEREODRR_REALDATA;
    if (!std::filesystem::is_directory(folder))
        skip("no real data at " + folder.string() + " (set STEREODRR_REALDATA)");
    return folder;
}

void need_program(const std::string& program) {
    if (std::system(("command -v " + program + " >/dev/null").c_str()) != 0)
        skip(program + " is not installed");
}

int trials(int otherwise) {
    const char* text = std::getenv("STEREODRR_TRIALS");
    return text != nullptr ? std::stoi(text) : otherwise;
}

std::filesystem::path phantoms() {
    return STEREODRR_PHANTOMS;
}

}  // namespace test
