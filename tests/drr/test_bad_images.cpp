#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/imaging/image_io.hpp>

using namespace drr;

// Each file gives an image or one error of ours, never a crash, a hang or another exception.
BOOST_AUTO_TEST_CASE(malformed_files_give_an_image_or_one_error) {
    int images = 0;
    int errors = 0;
    for (const auto& entry : std::filesystem::directory_iterator(test::realdata() / "bad/png")) {
        if (!entry.is_regular_file()) continue;
        BOOST_TEST_CONTEXT(entry.path()) {
            try {
                BOOST_TEST(!read_grey_image(entry.path()).pixels.empty());
                ++images;
            } catch (const Error& error) {
                BOOST_TEST((error.code() == ErrorCode::invalid_file));
                BOOST_TEST_MESSAGE(error.what());
                ++errors;
            }
        }
    }
    BOOST_TEST(images + errors > 10);
}
