#include "fine_balls.hpp"
#include "test.hpp"

#include <stereo/detect/localization_bound.hpp>
#include <stereo/detect/localize.hpp>

#include <opencv2/features2d.hpp>
#include <opencv2/imgproc.hpp>

#include <array>
#include <cstdio>
#include <optional>

using namespace stereo;

namespace {

constexpr double blur = 0.6;  // without the pixel's aperture
const double total_blur = std::sqrt(blur * blur + 1.0 / 12.0);
constexpr int fits = 2000;
constexpr int others = 500;  // of the other methods, whose errors are larger

struct Errors {
    Eigen::Vector2d sum = Eigen::Vector2d::Zero();
    double squares = 0.0;
    double predicted = 0.0;
    int count = 0;
    void add(const Eigen::Vector2d& error) {
        sum += error;
        squares += 0.5 * error.squaredNorm();
        ++count;
    }
    [[nodiscard]] double rms() const { return std::sqrt(squares / count); }
    [[nodiscard]] double bias() const { return (sum / count).cwiseAbs().maxCoeff(); }
};

using Place = std::optional<Eigen::Vector2d>;

cv::Mat eight_bit(const drr::Image<float>& image) {
    cv::Mat grey(image.height(), image.width(), CV_8U);
    const float top = *std::max_element(image.pixels().begin(), image.pixels().end());
    for (int row = 0; row < image.height(); ++row)
        for (int column = 0; column < image.width(); ++column)
            grey.at<unsigned char>(row, column) =
                static_cast<unsigned char>(std::lround(255.0F * image(column, row) / top));
    return grey;
}

Place nearest(const std::vector<Eigen::Vector2d>& places, const Eigen::Vector2d& start,
              double radius) {
    Place best;
    for (const Eigen::Vector2d& p : places)
        if ((p - start).norm() < (best ? (*best - start).norm() : radius + 1.0)) best = p;
    return best;
}

// As people use it: default thresholds, dark blobs, the expected area within a factor of four.
Place simple_blob(const drr::Image<float>& image, const BeadShadow& start) {
    cv::SimpleBlobDetector::Params params;
    const auto area = static_cast<float>(3.14159 * start.radius_px * start.radius_px);
    params.minArea = 0.25F * area;
    params.maxArea = 4.0F * area;
    params.filterByConvexity = params.filterByInertia = false;
    std::vector<cv::KeyPoint> found;
    cv::SimpleBlobDetector::create(params)->detect(eight_bit(image), found);
    std::vector<Eigen::Vector2d> places;
    for (const cv::KeyPoint& k : found)
        places.emplace_back(k.pt.x, k.pt.y);
    return nearest(places, start.center_px, start.radius_px);
}

// As people use it: Otsu's threshold, outlines, the circle that encloses one.
Place enclosing_circle(const drr::Image<float>& image, const BeadShadow& start) {
    cv::Mat binary;
    cv::threshold(eight_bit(image), binary, 0, 255, cv::THRESH_BINARY_INV | cv::THRESH_OTSU);
    std::vector<std::vector<cv::Point>> outlines;
    cv::findContours(binary, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
    std::vector<Eigen::Vector2d> places;
    for (const auto& outline : outlines) {
        cv::Point2f center;
        float radius = 0.0F;
        cv::minEnclosingCircle(outline, center, radius);
        if (radius > 0.5 * start.radius_px) places.emplace_back(center.x, center.y);
    }
    return nearest(places, start.center_px, start.radius_px);
}

// The bound from the rendering alone: the centre's derivative is odd, those of radius, contrast and
// level are even.
double bound_of_rendering(const test::FineBalls& balls, double photons) {
    const drr::Image<double> at = balls.pixels(10, 10), left = balls.pixels(9, 10),
                             right = balls.pixels(11, 10);
    double information = 0.0;
    for (std::size_t i = 0; i < at.size(); ++i) {
        const double slope = (right.pixels()[i] - left.pixels()[i]) * 0.5 * test::FineBalls::sub;
        information += photons * slope * slope / at.pixels()[i];
    }
    return 1.0 / std::sqrt(information);
}

}  // namespace

// Its lines that begin with "limit" are the table of docs/localization.md.
BOOST_AUTO_TEST_CASE(the_fit_reaches_the_bound) {
    constexpr std::array<LocalizationMethod, 4> methods = {
        LocalizationMethod::intensity_centroid, LocalizationMethod::gaussian_peak,
        LocalizationMethod::quartic_peak, LocalizationMethod::contour};
    std::printf(
        "limit radius contrast cnr found bound slopes ball_fit bias/bound predicted/sampled");
    for (const LocalizationMethod m : methods)
        std::printf(" %s", localization_method_name(m).c_str());
    std::printf(" simple_blob min_enclosing_circle\n");
    for (const double radius : {2.0, 4.0, 8.0, 20.0})
        for (const double attenuation : {0.16, 3.0}) {
            const test::FineBalls balls(static_cast<int>(std::ceil(1.9 * radius + 8.0)), blur,
                                        {{0, 0, radius, attenuation}});
            std::vector<drr::Image<double>> phases;
            for (int y = 0; y < test::FineBalls::sub; ++y)
                for (int x = 0; x < test::FineBalls::sub; ++x)
                    phases.push_back(balls.pixels(5 + x, 5 + y));
            const double contrast = 1.0 - std::exp(-attenuation);
            for (const double cnr : {3.0, 10.0, 30.0, 100.0}) {
                const double photons = std::pow(cnr / contrast, 2);
                const double bound = bound_of_rendering(balls, photons);
                const std::vector<BeadShadow> truth = {
                    {Eigen::Vector2d::Zero(), radius, attenuation}};
                const double computed =
                    localization_bound(truth, total_blur, photons, {0.0, 1.0, {}}).sd_px();
                const double with_slopes = localization_bound(truth, total_blur, photons,
                                                              {0.0, 1.0, {}}, {.slopes = true}, 1.8)
                                               .sd_px();
                // Finite differences of the rendering (0.4 %) and the box of the pixel, which the
                // library takes for a Gaussian.
                BOOST_TEST(std::abs(computed / bound - 1.0) < 0.02);
                BeadFitOptions options;
                options.blur_px = total_blur;
                options.fit_blur = false;
                options.noise = {0.0, 1.0, {}};
                Errors fit;
                std::array<Errors, 6> rest;
                for (int trial = 0; trial < fits; ++trial) {
                    drr::Rng rng({.seed = 91, .trial = static_cast<std::uint32_t>(trial)});
                    const int phase = trial % static_cast<int>(phases.size());
                    const Eigen::Vector2d at(balls.coordinate(0, 5 + phase % test::FineBalls::sub),
                                             balls.coordinate(0, 5 + phase / test::FineBalls::sub));
                    const drr::Image<float> image =
                        test::with_photons(phases[static_cast<std::size_t>(phase)], photons, rng);
                    const BeadShadow start{
                        at + Eigen::Vector2d(rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5)),
                        1.1 * radius, 0.8 * attenuation};
                    const LocalizedBead found =
                        localize_bead(image, start, LocalizationMethod::ball_fit, options);
                    if (found.converged) {
                        fit.add(found.center_px - at);
                        fit.predicted += 0.5 * found.covariance_px2.trace();
                    }
                    if (trial >= others) continue;
                    const auto record = [&](std::size_t i, const Place& place) {
                        if (place) rest[i].add(*place - at);
                    };
                    for (std::size_t m = 0; m < methods.size(); ++m) {
                        const LocalizedBead other =
                            localize_bead(image, start, methods[m], options);
                        record(m, other.converged ? Place(other.center_px) : Place());
                    }
                    record(4, simple_blob(image, start));
                    record(5, enclosing_circle(image, start));
                }
                const double agreement = fit.predicted / fit.count / fit.squares * fit.count;
                std::printf("limit %g %.2f %g %d %.5f %.3f %.3f %.3f %.3f", radius, contrast, cnr,
                            fit.count, bound, with_slopes / computed, fit.rms() / bound,
                            fit.bias() / bound, agreement);
                for (const Errors& e : rest)
                    // A method that fails on more than one image in ten is given no number.
                    e.count < 0.9 * others ? std::printf(" -")
                                           : std::printf(" %.3f", e.rms() / bound);
                std::printf("\n");
                std::fflush(stdout);
                // At a contrast of 3 times the noise a few fits run away from their start; the
                // smallest faint bead is beyond the limit there (docs/localization.md).
                const bool beyond = radius == 2.0 && cnr == 3.0 && attenuation < 1.0;
                BOOST_TEST(fit.count >= (beyond ? 0.8 : cnr == 3.0 ? 0.97 : 1.0) * fits);
                BOOST_TEST(std::abs(agreement - 1.0) < 0.1);
                if (beyond) continue;
                BOOST_TEST(fit.rms() < 1.10 * bound);
                // Standard error of the mean: 0.022 of the bound.
                BOOST_TEST(fit.bias() < 0.1 * bound);
                BOOST_TEST(fit.bias() < 0.01);
            }
        }
}

BOOST_AUTO_TEST_CASE(overlapping_pairs_reach_the_joint_bound) {
    std::printf("pairs radius cnr distance/radius found bound rms/bound\n");
    for (const double radius : {4.0, 8.0})
        for (const double distance : {1.2, 1.5, 2.0}) {
            constexpr double attenuation = 3.0;
            const int half = static_cast<int>(std::lround(0.5 * distance * radius * 10));
            const test::FineBalls balls(
                static_cast<int>(std::ceil(3.2 * radius + 8.0)), blur,
                {{-half, 0, radius, attenuation}, {half, 0, radius, attenuation}});
            for (const double cnr : {10.0, 100.0}) {
                const double photons = std::pow(cnr / (1.0 - std::exp(-attenuation)), 2);
                const std::vector<BeadShadow> truth = {
                    {{balls.coordinate(-half, 10), balls.coordinate(0, 10)}, radius, attenuation},
                    {{balls.coordinate(half, 10), balls.coordinate(0, 10)}, radius, attenuation}};
                const double bound =
                    localization_bound(truth, total_blur, photons, {0.0, 1.0, {}}).sd_px();
                BeadFitOptions options;
                options.blur_px = total_blur;
                options.fit_blur = false;
                options.noise = {0.0, 1.0, {}};
                std::array<Errors, 2> errors;
                constexpr int trials = 400;
                const drr::Image<double> clean = balls.pixels(10, 10);
                for (int trial = 0; trial < trials; ++trial) {
                    drr::Rng rng({.seed = 92, .trial = static_cast<std::uint32_t>(trial)});
                    const drr::Image<float> image = test::with_photons(clean, photons, rng);
                    const BeadShadow blob{0.5 * (truth[0].center_px + truth[1].center_px), radius,
                                          attenuation};
                    const BeadFit fit = split_blob(image, blob, {1.0, 0.1}, 1.05 * radius, options);
                    if (!fit.converged) continue;
                    for (std::size_t b = 0; b < 2; ++b)
                        errors[b].add(fit.beads[b].shadow.center_px - truth[b].center_px);
                }
                for (const Errors& e : errors) {
                    std::printf("pairs %g %g %.1f %d %.5f %.3f bias %.5f\n", radius, cnr, distance,
                                e.count, bound, e.rms() / bound, e.bias());
                    std::fflush(stdout);
                    BOOST_TEST(e.count == trials);
                    BOOST_TEST(e.rms() < 1.5 * bound);
                }
            }
        }
}
