#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/rng.hpp>
#include <drr/imaging/image_io.hpp>

#include <opencv2/imgcodecs.hpp>
#include <tiffio.h>

#include <functional>

using namespace drr;

namespace {

std::string encoded(const std::string& extension, const cv::Mat& image) {
    std::vector<unsigned char> bytes;
    cv::imencode(extension, image, bytes);
    return {bytes.begin(), bytes.end()};
}

cv::Mat random_mat(int type) {
    cv::Mat image(40, 60, type);
    cv::theRNG().state = 1;
    cv::randu(image, 0, 250);
    return image;
}

// The error's code, or nothing when the file was read.
std::string outcome(const std::filesystem::path& path) {
    try {
        (void)read_grey_image(path);
        return "image";
    } catch (const Error& error) {
        BOOST_TEST(std::string(error.what()).starts_with(path.string()));
        return name_of(error.code());
    }
}

// A TIFF of flat pages of 16 x 12 pixels with these greys and kinds (TIFFTAG_SUBFILETYPE).
void write_pages(const std::filesystem::path& path,
                 const std::vector<std::pair<std::uint8_t, std::uint32_t>>& pages,
                 const char* description = nullptr) {
    constexpr std::uint32_t width = 16;
    constexpr std::uint32_t height = 12;
    TIFF* const tiff = TIFFOpen(path.c_str(), "w");
    for (const auto& [grey, kind] : pages) {
        TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, kind);
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, height);
        if (description != nullptr) TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, description);
        std::vector<std::uint8_t> pixels(width * height, grey);
        TIFFWriteEncodedStrip(tiff, 0, pixels.data(), width * height);
        TIFFWriteDirectory(tiff);
    }
    TIFFClose(tiff);
}

}  // namespace

BOOST_AUTO_TEST_CASE(images_of_16_bits_read_back_the_same) {
    const test::TemporaryFolder folder;
    Image<std::uint16_t> image(37, 23);
    Rng rng({.seed = 1});
    for (auto& value : image.pixels())
        value = static_cast<std::uint16_t>(rng.next_u32());
    image(0, 0) = 0;
    image(36, 22) = 65535;
    for (const char* name : {"a.png", "a.tif", "a.tiff"}) {
        write_grey_image(folder.path() / name, image);
        const GreyImage back = read_grey_image(folder.path() / name);
        BOOST_TEST(back.bits == 16);
        BOOST_REQUIRE((back.pixels.width() == 37 && back.pixels.height() == 23));
        for (int v = 0; v < 23; ++v)
            for (int u = 0; u < 37; ++u)
                BOOST_TEST(back.pixels(u, v) == static_cast<float>(image(u, v)));
    }
    for (const char* name : {"a.jpg", "a", "a.mha"})
        BOOST_CHECK_THROW(write_grey_image(folder.path() / name, image), Error);
    BOOST_CHECK_THROW(write_grey_image(folder.path() / "a.png", Image<std::uint16_t>()), Error);
}

BOOST_AUTO_TEST_CASE(png_of_8_bits_reads_back_the_same) {
    const test::TemporaryFolder folder;
    Image<float> ramp(256, 3);
    for (int v = 0; v < 3; ++v)
        for (int u = 0; u < 256; ++u)
            ramp(u, v) = static_cast<float>(u);
    write_grey_image(folder.path() / "a.png", to_8_bits(ramp, 0.0F, 255.0F));
    const GreyImage back = read_grey_image(folder.path() / "a.png");
    BOOST_TEST(back.bits == 8);
    BOOST_TEST((back.pixels == ramp));
    const Image<std::uint8_t> inverted = to_8_bits(ramp, 255.0F, 0.0F);
    BOOST_TEST(inverted(0, 0) == 255);
    BOOST_TEST(inverted(255, 0) == 0);
}

BOOST_AUTO_TEST_CASE(other_grey_files_are_read) {
    const test::TemporaryFolder folder;
    for (const char* extension : {".tiff", ".png", ".pgm"}) {
        const cv::Mat mat = random_mat(CV_16U);
        const auto path = folder.path() / (std::string("a") + extension);
        write_file(path, encoded(extension, mat));
        const GreyImage image = read_grey_image(path);
        BOOST_TEST(image.bits == 16);
        BOOST_TEST(image.pixels(59, 39) == static_cast<float>(mat.at<std::uint16_t>(39, 59)));
    }
}

BOOST_AUTO_TEST_CASE(colours_are_refused_unless_they_are_grey) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.png";
    write_file(path, encoded(".png", random_mat(CV_8UC3)));
    BOOST_CHECK_EXCEPTION((void)read_grey_image(path), Error, [](const Error& error) {
        return std::string(error.what()).find("has colours") != std::string::npos;
    });
    cv::Mat grey;
    cv::merge(std::vector<cv::Mat>(3, random_mat(CV_8U)), grey);
    write_file(path, encoded(".png", grey));
    BOOST_TEST(read_grey_image(path).pixels(5, 6) ==
               static_cast<float>(grey.at<cv::Vec3b>(6, 5)[0]));
}

BOOST_AUTO_TEST_CASE(a_stack_is_read_page_by_page) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "stack.tif";
    for (const int type : {CV_8U, CV_16U}) {
        std::vector<cv::Mat> mats;
        for (int page = 0; page < 3; ++page) {
            mats.push_back(random_mat(type));
            mats.back() += page;
        }
        BOOST_REQUIRE(cv::imwritemulti(path.string(), mats));
        const std::vector<ImagePage> pages = image_pages(path);
        BOOST_REQUIRE(pages.size() == 3U);
        BOOST_TEST(pages[1].name() == "stack.tif page 2");
        for (std::size_t page = 0; page < 3; ++page) {
            const GreyImage image = read_grey_image(pages[page]);
            cv::Mat expected;
            mats[page].convertTo(expected, CV_32F);
            BOOST_TEST(image.bits == (type == CV_8U ? 8 : 16));
            BOOST_TEST(std::equal(image.pixels.pixels().begin(), image.pixels.pixels().end(),
                                  expected.begin<float>(), expected.end<float>()));
        }
        BOOST_CHECK_EXCEPTION((void)read_grey_image(path), Error, [&](const Error& error) {
            return error.what() == path.string() + ": one image was expected, the file has 3 pages";
        });
    }
}

BOOST_AUTO_TEST_CASE(reduced_copies_and_masks_are_no_pages) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.tif";
    write_pages(path, {{10, FILETYPE_REDUCEDIMAGE}, {20, 0}, {30, FILETYPE_MASK}});
    BOOST_TEST(read_grey_image(path).pixels(3, 4) == 20.0F);
    BOOST_TEST(image_pages(path).front().name() == "a.tif");
    write_pages(path, {{10, 0}, {20, FILETYPE_REDUCEDIMAGE}, {30, FILETYPE_PAGE}});
    const std::vector<ImagePage> pages = image_pages(path);
    BOOST_REQUIRE(pages.size() == 2U);
    BOOST_TEST(read_grey_image(pages[1]).pixels(3, 4) == 30.0F);
    BOOST_TEST(image_pages(folder.path() / "absent.tif").size() == 1U);
}

BOOST_AUTO_TEST_CASE(of_a_stack_that_was_cut_the_rest_is_missing) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "cut.tif";
    write_pages(path, {{10, 0}, {20, 0}, {30, 0}});
    const std::string whole = read_text_file(path);
    constexpr std::size_t of_last_page = 200;  // its directory is at the end
    write_file(path, whole.substr(0, whole.size() - of_last_page));
    const std::vector<ImagePage> pages = image_pages(path);
    BOOST_REQUIRE(pages.size() == 3U);
    BOOST_TEST(read_grey_image(pages[1]).pixels(3, 4) == 20.0F);
    BOOST_CHECK_EXCEPTION((void)read_grey_image(pages[2]), Error, [](const Error& error) {
        return error.code() == ErrorCode::invalid_file &&
               std::string(error.what()).find("cut.tif page 3: ") != std::string::npos;
    });
}

// Beyond 4 GB ImageJ lists one directory and writes the other images behind the first.
BOOST_AUTO_TEST_CASE(images_that_only_imagej_finds_are_not_left_out_silently) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.tif";
    write_pages(path, {{10, 0}}, "ImageJ=1.53t\nimages=700\nslices=700\n");
    BOOST_TEST(outcome(path) == "unsupported");
    for (const char* description :
         {"ImageJ=1.53t\nunit=mm\n", "images=700", "ImageJ=\nimages=1\n"}) {
        write_pages(path, {{10, 0}}, description);
        BOOST_TEST(outcome(path) == "image");
    }
    write_pages(path, {{10, 0}, {20, 0}}, "ImageJ=1.53t\nimages=2\n");
    BOOST_TEST(read_grey_image(image_pages(path)[0]).pixels(3, 4) == 10.0F);
}

BOOST_AUTO_TEST_CASE(truncated_files_are_errors) {
    const test::TemporaryFolder folder;
    for (const char* extension : {".png", ".tiff"}) {
        const std::string whole = encoded(extension, random_mat(CV_16U));
        const auto path = folder.path() / (std::string("cut") + extension);
        for (const double part : {0.0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99}) {
            write_file(path, whole.substr(0, static_cast<std::size_t>(
                                                 part * static_cast<double>(whole.size()))));
            BOOST_TEST(outcome(path) == "invalid_file", extension << " cut to " << part);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_image_is_an_error) {
    const test::TemporaryFolder folder;
    BOOST_TEST(outcome(folder.path() / "absent.png") == "io");
    BOOST_TEST(outcome(folder.path()) == "io");
    write_file(folder.path() / "text.png", "schema: stereodrr/rig/v1\n");
    BOOST_TEST(outcome(folder.path() / "text.png") == "invalid_file");
    write_file(folder.path() / "float.tiff", encoded(".tiff", cv::Mat::ones(4, 4, CV_32F)));
    BOOST_TEST(outcome(folder.path() / "float.tiff") == "invalid_file");
}
