// The pictures that the tool draws, read by another program's reader.
#include "pictures/palette_png.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>

#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <cmath>

namespace {

using Pixel = std::array<std::uint8_t, 3>;

std::vector<Pixel> decoded(const std::string& bytes, int width_px, int height_px) {
    const std::vector<unsigned char> buffer(bytes.begin(), bytes.end());
    const cv::Mat image = cv::imdecode(buffer, cv::IMREAD_COLOR);
    BOOST_REQUIRE_EQUAL(image.cols, width_px);
    BOOST_REQUIRE_EQUAL(image.rows, height_px);
    std::vector<Pixel> pixels;
    for (int row = 0; row < image.rows; ++row)
        for (int column = 0; column < image.cols; ++column) {
            const auto& bgr = image.at<cv::Vec3b>(row, column);
            pixels.push_back({bgr[2], bgr[1], bgr[0]});
        }
    return pixels;
}

}  // namespace

BOOST_AUTO_TEST_CASE(up_to_256_colours_come_back_as_they_were) {
    std::vector<Pixel> pixels;
    for (int n = 0; n < 17 * 31; ++n) {
        const auto colour = static_cast<std::uint8_t>(n % 256);
        pixels.push_back({colour, static_cast<std::uint8_t>(255 - colour),
                          static_cast<std::uint8_t>(colour ^ 0x55)});
    }
    BOOST_TEST((decoded(tools::palette_png(17, 31, pixels), 17, 31) == pixels));
    BOOST_TEST(
        (decoded(tools::palette_png(1, 1, {{1, 2, 3}}), 1, 1) == std::vector<Pixel>{{1, 2, 3}}));
}

// All blends of two colours, as smoothing makes them, and one of many pixels, as flats are.
BOOST_AUTO_TEST_CASE(more_colours_lose_little_and_flats_nothing) {
    drr::Rng rng({.seed = 3});
    std::vector<Pixel> pixels(9000, Pixel{225, 233, 243});
    for (int n = 0; n < 1000; ++n)
        pixels.push_back({static_cast<std::uint8_t>(256.0 * rng.uniform()),
                          static_cast<std::uint8_t>(256.0 * rng.uniform()), 77});
    const auto back = decoded(tools::palette_png(100, 100, pixels), 100, 100);
    int worst = 0;
    for (std::size_t n = 0; n < pixels.size(); ++n)
        for (std::size_t c = 0; c < 3; ++c)
            worst = std::max(worst, std::abs(int{pixels[n][c]} - int{back[n][c]}));
    BOOST_TEST(worst > 0);
    BOOST_TEST(worst < 16);  // 256 colours of two channels: bins of 16 x 16
    BOOST_TEST((back[0] == pixels[0]));
}

BOOST_AUTO_TEST_CASE(a_picture_has_its_pixels) {
    BOOST_CHECK_THROW((void)tools::palette_png(0, 1, {}), drr::Error);
    BOOST_CHECK_THROW((void)tools::palette_png(2, 2, std::vector<Pixel>(3)), drr::Error);
}
