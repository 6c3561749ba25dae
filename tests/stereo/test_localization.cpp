// The named ways to find one bead's centre, and the bound. The full statistics, by radius, contrast
// and noise, are test_localization_limit's.
#include "fine_balls.hpp"
#include "test.hpp"

#include <stereo/detect/localization_bound.hpp>
#include <stereo/detect/localize.hpp>

#include <array>
#include <cmath>

using namespace stereo;

namespace {

constexpr double blur = 0.6;  // without the pixel's aperture
const double total_blur = std::sqrt(blur * blur + 1.0 / 12.0);
constexpr double radius = 5.0;
constexpr double attenuation = 1.5;

BeadFitOptions known_noise() {
    BeadFitOptions options;
    options.blur_px = total_blur;
    options.fit_blur = false;
    options.noise = {0.0, 1.0, {}};  // photons
    return options;
}

drr::Image<float> without_noise(const drr::Image<double>& clean, double photons) {
    drr::Image<float> image(clean.width(), clean.height());
    for (std::size_t i = 0; i < clean.size(); ++i)
        image.pixels()[i] = static_cast<float>(photons * clean.pixels()[i]);
    return image;
}

}  // namespace

// Without noise each method finds the centre of a ball that lies anywhere between pixels.
BOOST_AUTO_TEST_CASE(each_method_finds_a_centre) {
    // What each leaves by its own nature on exact images, px: the fit takes the pixel's box for a
    // Gaussian; windows and contours of the others have pixels' corners, and a polynomial of a
    // shadow that has a rim follows its window by a quarter of a pixel. The two peaks are fitted to
    // pixels that stay where the start puts them, which draws them to it (here by 0.06 and 0.35
    // px): they start at the centre.
    struct Case {
        LocalizationMethod method;
        double tolerance_px;
        Eigen::Vector2d start_px{0.4, -0.3};
    };
    const std::array<Case, 5> cases = {{{LocalizationMethod::ball_fit, 0.001},
                                        {LocalizationMethod::intensity_centroid, 0.01},
                                        {LocalizationMethod::gaussian_peak, 0.02, {0.0, 0.0}},
                                        {LocalizationMethod::quartic_peak, 0.3, {0.0, 0.0}},
                                        {LocalizationMethod::contour, 0.02}}};
    const test::FineBalls balls(18, blur, {{0, 0, radius, attenuation}});
    for (const int offset : {5, 8, 11}) {
        const drr::Image<float> image = without_noise(balls.pixels(offset, 10), 1e4);
        const Eigen::Vector2d at(balls.coordinate(0, offset), balls.coordinate(0, 10));
        for (const Case& one : cases) {
            const BeadShadow start{at + one.start_px, 1.1 * radius, 0.8 * attenuation};
            const LocalizedBead found = localize_bead(image, start, one.method, known_noise());
            BOOST_REQUIRE(found.converged);
            BOOST_TEST((found.center_px - at).norm() < one.tolerance_px,
                       localization_method_name(one.method)
                           << ": " << (found.center_px - at).transpose());
        }
    }
}

// What a method sees of perspective's shift is most of it, for any bead: what is opaque through and
// through too.
BOOST_AUTO_TEST_CASE(each_method_sees_most_of_perspective) {
    for (const double through : {0.1, 3.0, 30.0, 300.0})
        for (const LocalizationMethod method :
             {LocalizationMethod::ball_fit, LocalizationMethod::intensity_centroid,
              LocalizationMethod::gaussian_peak, LocalizationMethod::contour}) {
            const double share = perspective_share({{0.0, 0.0}, 3.2, through}, 0.35, method);
            BOOST_TEST(share > 0.5, localization_method_name(method) << ", " << through);
            BOOST_TEST(share < 1.1, localization_method_name(method) << ", " << through);
        }
}

// The bound is the inverse of the Fisher information of the centre, summed here from differences of
// a rendering that knows nothing of the library's model; nuisances that are even about the centre
// cost nothing.
BOOST_AUTO_TEST_CASE(the_bound_is_the_inverse_of_the_information) {
    constexpr double photons = 1e4;
    const test::FineBalls balls(18, blur, {{0, 0, radius, attenuation}});
    const drr::Image<double> at = balls.pixels(10, 10), left = balls.pixels(9, 10),
                             right = balls.pixels(11, 10);
    double information = 0.0;
    for (std::size_t i = 0; i < at.size(); ++i) {
        const double slope = (right.pixels()[i] - left.pixels()[i]) * 0.5 * test::FineBalls::sub;
        information += photons * slope * slope / at.pixels()[i];
    }
    const std::vector<BeadShadow> truth = {{Eigen::Vector2d::Zero(), radius, attenuation}};
    const double bound = localization_bound(truth, total_blur, photons, {0.0, 1.0, {}}).sd_px();
    // Finite differences (0.4 %) and the box of the pixel, which the library takes for a Gaussian.
    BOOST_TEST(std::abs(bound * std::sqrt(information) - 1.0) < 0.02);
    // Twice the photons, half the variance.
    const double brighter =
        localization_bound(truth, total_blur, 2.0 * photons, {0.0, 1.0, {}}).sd_px();
    BOOST_TEST(bound / brighter == std::sqrt(2.0), boost::test_tools::tolerance(1e-9));
    const double with_slopes =
        localization_bound(truth, total_blur, photons, {0.0, 1.0, {}}, {.slopes = true}).sd_px();
    BOOST_TEST(with_slopes > bound);
}

BOOST_AUTO_TEST_CASE(the_fit_reaches_the_bound) {
    constexpr double photons = 1000.0;
    constexpr int fits = 200;
    const test::FineBalls balls(18, blur, {{0, 0, radius, attenuation}});
    const drr::Image<double> clean = balls.pixels(7, 12);
    const Eigen::Vector2d at(balls.coordinate(0, 7), balls.coordinate(0, 12));
    const std::vector<BeadShadow> truth = {{at, radius, attenuation}};
    double squares = 0.0;
    double claimed = 0.0;
    for (int trial = 0; trial < fits; ++trial) {
        drr::Rng rng({.seed = 93, .trial = static_cast<std::uint32_t>(trial)});
        const drr::Image<float> image = test::with_photons(clean, photons, rng);
        const LocalizedBead found = localize_bead(image, {at, 1.1 * radius, 0.8 * attenuation},
                                                  LocalizationMethod::ball_fit, known_noise());
        BOOST_REQUIRE(found.converged);
        squares += 0.5 * (found.center_px - at).squaredNorm();
        claimed += 0.5 * found.covariance_px2.trace();
    }
    const double bound = localization_bound(truth, total_blur, photons, {0.0, 1.0, {}}).sd_px();
    // 1.10 of the bound and within 10 % of the claim, each with three standard errors of a standard
    // deviation from 400 values.
    const double chance = 3.0 / std::sqrt(2.0 * 2.0 * fits);
    BOOST_TEST(std::sqrt(squares / fits) < (1.10 + chance) * bound);
    BOOST_TEST(std::abs(std::sqrt(claimed / squares) - 1.0) < 0.1 + chance);
}

// Where the background is none that its prior expects, what that costs counts among the residuals:
// the fit is as sure of a centre as one with a prior so wide that it says nothing.
BOOST_AUTO_TEST_CASE(a_wrong_prior_makes_no_centre_surer) {
    constexpr double photons = 20000.0;
    const test::FineBalls balls(18, blur, {{0, 0, radius, attenuation}});
    const Eigen::Vector2d at(balls.coordinate(0, 7), balls.coordinate(0, 12));
    struct Ridge {
        double width_px, column;
    };
    for (const Ridge& ridge : {Ridge{2.0, 22.0}, Ridge{4.0, 19.0}, Ridge{4.0, 22.0}}) {
        drr::Image<double> clean = balls.pixels(7, 12);
        for (int row = 0; row < clean.height(); ++row)
            for (int column = 0; column < clean.width(); ++column)
                clean(column, row) *=
                    1.0 -
                    0.6 * (1.0 + 0.5 * std::sin(0.9 * row)) *
                        std::exp(-0.5 * std::pow((column - ridge.column) / ridge.width_px, 2));
        drr::Rng rng({.seed = 95});
        const drr::Image<float> image = test::with_photons(clean, photons, rng);
        const auto claim = [&](double prior_background) {
            BeadFitOptions options = known_noise();
            options.prior_background = prior_background;
            const BeadFit fit = fit_beads(image, {{at, radius, attenuation}}, options);
            BOOST_REQUIRE(fit.converged);
            return std::sqrt(0.5 * fit.beads[0].covariance_px2.trace());
        };
        const double ratio = claim(BeadFitOptions().prior_background) / claim(5.0);
        BOOST_TEST(ratio > 0.8, ridge.column << ": " << ratio);
        BOOST_TEST(ratio < 1.25, ridge.column << ": " << ratio);
    }
}

// Scatter lies over the shadow as beside it, so the background's slope is not seen through it. A
// fit that takes the veil for transmission is drawn along the slope; one that knows of veils is
// not.
BOOST_AUTO_TEST_CASE(a_veil_is_told_from_transmission) {
    constexpr double opaque = 5.0;
    constexpr double veil = 0.5;
    constexpr double primary = 1.0;
    constexpr double slope = 0.03;  // of the primary, a pixel
    const test::FineBalls balls(18, blur, {{0, 0, radius, opaque}});
    const drr::Image<double> transmission = balls.pixels(8, 11);
    const drr::Image<double> left = balls.pixels(7, 11);
    const drr::Image<double> right = balls.pixels(9, 11);
    const Eigen::Vector2d at(balls.coordinate(0, 8), balls.coordinate(0, 11));
    drr::Image<float> image(transmission.width(), transmission.height());
    for (int row = 0; row < image.height(); ++row)
        for (int column = 0; column < image.width(); ++column) {
            // The blur of a linear background's product: B T + b^2 B' T'.
            const double through =
                (primary + slope * (column - at.x())) * transmission(column, row);
            const double steepness =
                0.5 * test::FineBalls::sub * (right(column, row) - left(column, row));
            image(column, row) = static_cast<float>(
                1e4 * (veil + through + total_blur * total_blur * slope * steepness));
        }
    BeadFitOptions options = known_noise();
    options.fit_veil = true;
    const std::vector<BeadShadow> start{{at + Eigen::Vector2d(0.4, -0.3), 1.1 * radius, 1.0}};
    const BeadFit with_veil = fit_beads(image, start, options);
    options.fit_veil = false;
    const BeadFit without = fit_beads(image, start, options);
    BOOST_REQUIRE((with_veil.converged && without.converged));
    const double error = (with_veil.beads[0].shadow.center_px - at).norm();
    BOOST_TEST_MESSAGE("with a veil " << error << " px, without "
                                      << (without.beads[0].shadow.center_px - at).norm());
    BOOST_TEST(error < 0.003);
    BOOST_TEST(error < 0.5 * (without.beads[0].shadow.center_px - at).norm());
    BOOST_TEST(std::abs(with_veil.veil_share - veil / (veil + primary)) < 0.01);
    BOOST_TEST(without.veil_share == 0.0);
}

// Two balls 1.2 radii apart, seen as one blob, come apart where they are.
BOOST_AUTO_TEST_CASE(a_blob_of_two_is_split) {
    constexpr int half = 30;  // fine samples: centres 1.2 radii apart
    const test::FineBalls balls(24, blur,
                                {{-half, 0, radius, attenuation}, {half, 0, radius, attenuation}});
    const drr::Image<float> image = without_noise(balls.pixels(10, 10), 1e4);
    const Eigen::Vector2d left(balls.coordinate(-half, 10), balls.coordinate(0, 10));
    const Eigen::Vector2d right(balls.coordinate(half, 10), balls.coordinate(0, 10));
    const BeadFit fit = split_blob(image, {0.5 * (left + right), radius, attenuation}, {1.0, 0.1},
                                   1.05 * radius, known_noise());
    BOOST_REQUIRE(fit.converged);
    BOOST_REQUIRE(fit.beads.size() == 2U);
    const bool swapped = fit.beads[0].shadow.center_px.x() > fit.beads[1].shadow.center_px.x();
    const Eigen::Vector2d a = fit.beads[swapped ? 1 : 0].shadow.center_px;
    const Eigen::Vector2d b = fit.beads[swapped ? 0 : 1].shadow.center_px;
    // The pixel's box again; both lean on each other.
    constexpr double tolerance_px = 0.005;
    BOOST_TEST((a - left).norm() < tolerance_px, (a - left).transpose());
    BOOST_TEST((b - right).norm() < tolerance_px, (b - right).transpose());
}
