#include "test.hpp"
#include "text.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/rng.hpp>
#include <drr/imaging/float_image_io.hpp>

#include <limits>

using namespace drr;

namespace {

DetectorImage random_image() {
    DetectorImage image{Image<float>(37, 23), {-14.3, 1.0 / 3.0}, {0.8, 0.1 + 0.2}};
    Rng rng({.seed = 1});
    for (float& value : image.pixels.pixels())
        value = static_cast<float>(rng.uniform(-1.0, 6.0));
    // Line feeds and ends of text in the data must not mislead a reader.
    image.pixels(0, 0) = 0.0F;
    image.pixels(1, 0) = std::numeric_limits<float>::denorm_min() * 0x0A0A;
    image.pixels(36, 22) = std::numeric_limits<float>::max();
    return image;
}

std::string outcome(const std::filesystem::path& path) {
    try {
        (void)read_float_image(path);
        return "image";
    } catch (const Error& error) {
        BOOST_TEST(std::string(error.what()).starts_with(path.string()));
        return name_of(error.code());
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(floats_read_back_the_same) {
    const test::TemporaryFolder folder;
    const DetectorImage image = random_image();
    for (const std::string extension : {".mha", ".nrrd", ".tif", ".tiff"}) {
        const auto path = folder.path() / ("a" + extension);
        write_float_image(path, image);
        const DetectorImage back = read_float_image(path);
        BOOST_TEST((back.pixels == image.pixels), extension);
        const bool has_geometry = !extension.starts_with(".tif");
        BOOST_TEST((back.origin_mm ==
                    (has_geometry ? image.origin_mm : Eigen::Vector2d(Eigen::Vector2d::Zero()))));
        BOOST_TEST((back.spacing_mm ==
                    (has_geometry ? image.spacing_mm : Eigen::Vector2d(Eigen::Vector2d::Ones()))));
    }
}

// By hand: the foot of the perpendicular at pixel (10, 4), so pixel (0, 0) is 10 and 4 pixels away.
BOOST_AUTO_TEST_CASE(the_origin_is_the_foot_of_the_perpendicular) {
    XrayView view;
    view.sdd_mm = 1000.0;
    view.pixel_pitch_mm = {0.5, 0.25};
    view.principal_point_px = {10.0, 4.0};
    view.width_px = 30;
    view.height_px = 20;
    const DetectorImage image = detector_image(Image<float>(30, 20), view);
    BOOST_TEST((image.origin_mm == Eigen::Vector2d(-5.0, -1.0)));
    BOOST_TEST((image.spacing_mm == Eigen::Vector2d(0.5, 0.25)));
    BOOST_CHECK_THROW((void)detector_image(Image<float>(20, 30), view), Error);
}

BOOST_AUTO_TEST_CASE(headers_of_other_programs) {
    const test::TemporaryFolder folder;
    const std::string pixels("\0\0\x80\x3F\0\0\0\x40", 8);  // 1, 2
    write_file(folder.path() / "a.nrrd",
               "NRRD0001\r\ntype: float\r\ndimension: 2\r\nsizes: 2 1\r\nspacings: 0.5 2e-1\r\n"
               "endian: little\r\nencoding: raw\r\n\r\n" +
                   pixels);
    write_file(folder.path() / "a.mha",
               "NDims=2\nDimSize=2 1\nElementType=MET_FLOAT\nBinaryData=True\n"
               "ElementSpacing=0.5 0.2\nElementDataFile=LOCAL\n" +
                   pixels);
    for (const char* name : {"a.nrrd", "a.mha"}) {
        const DetectorImage image = read_float_image(folder.path() / name);
        BOOST_REQUIRE_EQUAL(image.pixels.size(), 2U);
        BOOST_TEST(image.pixels(0, 0) == 1.0F);
        BOOST_TEST(image.pixels(1, 0) == 2.0F);
        BOOST_TEST((image.spacing_mm == Eigen::Vector2d(0.5, 0.2)));
    }
}

BOOST_AUTO_TEST_CASE(cut_files_are_errors) {
    const test::TemporaryFolder folder;
    for (const std::string extension : {".mha", ".nrrd", ".tiff"}) {
        const auto path = folder.path() / ("a" + extension);
        write_float_image(path, random_image());
        const std::string whole = read_text_file(path);
        for (const double part : {0.0, 0.001, 0.01, 0.03, 0.1, 0.5, 0.9, 0.99}) {
            write_file(path, whole.substr(0, static_cast<std::size_t>(
                                                 part * static_cast<double>(whole.size()))));
            BOOST_TEST(outcome(path) == "invalid_file", extension << " cut to " << part);
        }
    }
}

BOOST_AUTO_TEST_CASE(malformed_headers_are_errors) {
    const test::TemporaryFolder folder;
    const auto check = [&](const std::string& name, const std::string& what, const std::string& by,
                           const std::string& expected) {
        const auto path = folder.path() / name;
        write_float_image(path, random_image());
        write_file(path, test::replaced(read_text_file(path), what, by));
        BOOST_TEST(outcome(path) == expected, name << ": " << what << " -> " << by);
    };
    for (const char* size :
         {"0 23", "-37 -23", "37", "37 23 1", "37.5 23", "37 x", "1e9 1e9", ""}) {
        check("a.mha", "DimSize = 37 23", std::string("DimSize = ") + size, "invalid_file");
        check("a.nrrd", "sizes: 37 23", std::string("sizes: ") + size, "invalid_file");
    }
    check("a.mha", "ElementSpacing = 0.8", "ElementSpacing = -0.8", "invalid_file");
    check("a.mha", "Offset = -14.3", "Offset = nan", "invalid_file");
    check("a.mha", "NDims = 2", "NDims 2", "invalid_file");
    check("a.mha", "MET_FLOAT", "MET_SHORT", "unsupported");
    check("a.mha", "MSB = False", "MSB = True", "unsupported");
    check("a.mha", "CompressedData = False", "CompressedData = True", "unsupported");
    check("a.nrrd", "type: float", "type: double", "unsupported");
    check("a.nrrd", "endian: little", "endian: big", "unsupported");
    check("a.nrrd", "encoding: raw", "encoding: gzip", "unsupported");
    check("a.nrrd", "(0.8,0)", "(0.8,0.1)", "unsupported");
    check("a.nrrd", "dimension: 2", "dimension: 3", "unsupported");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_or_read) {
    const test::TemporaryFolder folder;
    const auto code = [](const auto& call) {
        try {
            call();
        } catch (const Error& error) {
            return std::string(name_of(error.code()));
        }
        return std::string("done");
    };
    const auto write = [&](const char* name, const DetectorImage& image) {
        return code([&] { write_float_image(folder.path() / name, image); });
    };
    BOOST_TEST(write("a.png", random_image()) == "usage");
    BOOST_TEST(write("a", random_image()) == "usage");
    BOOST_TEST(write("a.mha", {}) == "usage");
    BOOST_TEST(write("a.mha", {Image<float>(2, 2), {0.0, 0.0}, {0.0, 1.0}}) == "usage");
    BOOST_TEST(write("absent/a.mha", random_image()) == "io");
    BOOST_TEST(std::filesystem::is_empty(folder.path()));
    BOOST_TEST(outcome(folder.path() / "absent.mha") == "io");
    BOOST_TEST(outcome(folder.path() / "a.png") == "unsupported");
    write_file(folder.path() / "text.tiff", "no image");
    BOOST_TEST(outcome(folder.path() / "text.tiff") == "invalid_file");
}
