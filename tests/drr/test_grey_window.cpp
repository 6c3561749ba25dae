#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/imaging/grey_window.hpp>

#include <cmath>
#include <limits>
#include <numbers>

using namespace drr;

namespace {

/// The picture of one pixel.
int grey_of(float line_integral, const GreyWindow& window) {
    return to_16_bits(Image<float>(1, 1, line_integral), window)(0, 0);
}

const float ln_2 = std::numbers::ln2_v<float>;

}  // namespace

BOOST_AUTO_TEST_CASE(log_is_linear_in_the_line_integral) {
    const GreyWindow window{GreyScale::log, 1.0, 3.0};
    BOOST_TEST(grey_of(1.0F, window) == 0);
    BOOST_TEST(grey_of(1.5F, window) == 16384);  // 65535 / 4 = 16383.75
    BOOST_TEST(grey_of(3.0F, window) == 65535);
    BOOST_TEST(grey_of(0.0F, window) == 0);
    BOOST_TEST(grey_of(9.0F, window) == 65535);
}

// exp(-ln 2) = 1/2 passes, exp(-2 ln 2) = 1/4.
BOOST_AUTO_TEST_CASE(intensity_is_linear_in_what_passes) {
    const GreyWindow window{GreyScale::intensity, 0.0, 1.0};
    BOOST_TEST(grey_of(0.0F, window) == 0);  // the open beam is dark
    BOOST_TEST(grey_of(ln_2, window) == 32768);
    BOOST_TEST(grey_of(2.0F * ln_2, window) == 49151);  // 3/4 of 65535 = 49151.25
    BOOST_TEST(grey_of(80.0F, window) == 65535);
    const GreyWindow narrow{GreyScale::intensity, 0.25, 0.5};
    BOOST_TEST(grey_of(0.0F, narrow) == 0);
    BOOST_TEST(grey_of(std::log(8.0F / 3.0F), narrow) == 32768);  // 3/8 passes: the middle
    BOOST_TEST(grey_of(3.0F * ln_2, narrow) == 65535);
}

BOOST_AUTO_TEST_CASE(inverted_is_the_negative) {
    for (const GreyScale scale : {GreyScale::log, GreyScale::intensity})
        for (const float value : {0.05F, 0.3F, ln_2, 0.9F, 2.0F}) {
            const GreyWindow window{scale, 0.1, 0.95};
            const GreyWindow negative{scale, 0.1, 0.95, true};
            BOOST_TEST(grey_of(value, window) + grey_of(value, negative) == 65535);
        }
    // As on a screen: the open beam is white.
    BOOST_TEST(grey_of(0.0F, {GreyScale::intensity, 0.0, 1.0, true}) == 65535);
}

BOOST_AUTO_TEST_CASE(a_grey_value_gives_its_line_integral_back) {
    for (const GreyScale scale : {GreyScale::log, GreyScale::intensity})
        for (const bool inverted : {false, true}) {
            const GreyWindow window{scale, 0.2, 0.9, inverted};
            for (const double value : {0.11, 0.5, 1.5})
                BOOST_TEST(window.line_integral(window.grey(value)) == value,
                           boost::test_tools::tolerance(1e-12));  // rounding
        }
    const GreyWindow to_0{GreyScale::intensity, 0.0, 1.0};
    BOOST_TEST(to_0.line_integral(1.0) == std::numeric_limits<double>::infinity());
}

// 1001 values 0, 0.01, ... 10 behind air: above 0 are 1000, the n-th is 0.01 (n + 1). The 1st
// percentile is that of n = floor(0.01 * 999) = 9, the 99.5th n = floor(0.995 * 999) = 994.
BOOST_AUTO_TEST_CASE(automatic_window_is_that_of_percentiles) {
    std::vector<float> values(5000, 0.0F);
    for (int n = 1000; n >= 0; --n)
        values.push_back(0.01F * static_cast<float>(n));
    values.push_back(std::numeric_limits<float>::quiet_NaN());
    const double rounding = 1e-6;  // of floats near 10
    const GreyWindow log = automatic_window(values).value();
    BOOST_TEST((log.scale == GreyScale::log));
    BOOST_TEST(log.low == 0.1, boost::test_tools::tolerance(rounding));
    BOOST_TEST(log.high == 9.95, boost::test_tools::tolerance(rounding));
    const GreyWindow intensity = automatic_window(values, GreyScale::intensity).value();
    // Above 0.995 are 901 values from 1.00 on; their 10th percentile has n = 90.
    BOOST_TEST(intensity.low == std::exp(-9.95), boost::test_tools::tolerance(10.0 * rounding));
    BOOST_TEST(intensity.high == std::exp(-1.9), boost::test_tools::tolerance(10.0 * rounding));
}

BOOST_AUTO_TEST_CASE(automatic_window_of_odd_images) {
    BOOST_TEST(!automatic_window({}));
    BOOST_TEST(!automatic_window({0.0F, -1.0F, std::numeric_limits<float>::quiet_NaN()}));
    for (const GreyScale scale : {GreyScale::log, GreyScale::intensity}) {
        const GreyWindow window = automatic_window({0.0F, 2.0F, 2.0F}, scale).value();
        window.validate();
        BOOST_TEST(grey_of(2.0F, window) == 65535);
        BOOST_TEST(grey_of(0.0F, window) == 0);
    }
}

BOOST_AUTO_TEST_CASE(numbers_that_are_none) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float inf = std::numeric_limits<float>::infinity();
    for (const GreyScale scale : {GreyScale::log, GreyScale::intensity}) {
        const GreyWindow window{scale, 0.0, 1.0};
        BOOST_TEST(grey_of(nan, window) == 0);
        BOOST_TEST(grey_of(inf, window) == 65535);
        BOOST_TEST(grey_of(-inf, window) == 0);
    }
    for (const GreyWindow& bad : {GreyWindow{GreyScale::log, 1.0, 1.0},
                                  {GreyScale::log, 2.0, 1.0},
                                  {GreyScale::log, static_cast<double>(nan), 1.0},
                                  {GreyScale::log, 0.0, static_cast<double>(inf)}})
        BOOST_CHECK_THROW((void)to_16_bits(Image<float>(1, 1), bad), Error);
}
