#include "dicom_scene.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>

using namespace drr;

// What other programs make of the files: tests/peers/test_dicom_programs.cpp.

BOOST_AUTO_TEST_CASE(same_input_same_bytes) {
    const test::TemporaryFolder folder;
    const auto bytes = [&](const DicomImageOptions& options) {
        test::write_dicom_image(folder.path() / "a.dcm", {GreyScale::log, 0.5, 3.5}, options);
        return read_text_file(folder.path() / "a.dcm");
    };
    const std::string first = bytes({});
    BOOST_TEST((bytes({}) == first));
    BOOST_TEST((bytes({.instance_number = 2}) != first));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written) {
    const test::TemporaryFolder folder;
    const GreyWindow window;
    const auto path = folder.path() / "a.dcm";
    BOOST_CHECK_THROW(
        write_xa_image(path, Image<std::uint16_t>(40, 60), window, test::dicom_view()), Error);
    BOOST_CHECK_THROW(write_xa_image(path, Image<std::uint16_t>(60, 40), window, test::dicom_view(),
                                     {.isocentre_in_world_mm = {0.0, -5000.0, 0.0}}),
                      Error);
    BOOST_CHECK_THROW(write_xa_image(path, Image<std::uint16_t>(60, 40), {GreyScale::log, 1.0, 0.0},
                                     test::dicom_view()),
                      Error);
    BOOST_TEST(std::filesystem::is_empty(folder.path()));
}
