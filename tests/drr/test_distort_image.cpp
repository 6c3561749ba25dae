#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/imaging/distort_image.hpp>
#include <drr/imaging/radiograph.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace drr;

namespace {

constexpr int size_px = 1024;
constexpr double bead_radius_px = 4.0;
// Half of it is the bead's own: where the distortion bends, the centroid of its shadow is not where
// its centre is shown. The rest is interpolation of its sharp rim.
constexpr double tolerance_px = 0.01;

// Five per cent at the rim of the field, and 3 degrees.
const IntensifierDistortion distortion{{505.0, 520.0}, 512.0, 0.05, 0.05};

std::vector<Eigen::Vector2d> beads() {
    std::vector<Eigen::Vector2d> result;
    for (int i = 0; i < 7; ++i)
        for (int j = 0; j < 7; ++j)
            result.emplace_back(90.0 + 141.3 * i, 88.0 + 139.7 * j);
    return result;
}

/// Radiograph of steel balls: line integrals of spheres, integrated over the pixels' areas.
Image<float> bead_image() {
    Image<float> image(size_px, size_px, 1.0F);
    constexpr int samples = 8;
    for (const auto& bead : beads())
        for (int v = static_cast<int>(bead.y()) - 8; v <= bead.y() + 8; ++v)
            for (int u = static_cast<int>(bead.x()) - 8; u <= bead.x() + 8; ++u) {
                double sum = 0.0;
                for (int j = 0; j < samples; ++j)
                    for (int i = 0; i < samples; ++i) {
                        const Eigen::Vector2d at(u - 0.5 + (i + 0.5) / samples,
                                                 v - 0.5 + (j + 0.5) / samples);
                        const double r2 = (at - bead).squaredNorm();
                        const double chord =
                            2.0 * std::sqrt(std::max(bead_radius_px * bead_radius_px - r2, 0.0));
                        sum += std::exp(-0.25 * chord);
                    }
                image(u, v) = static_cast<float>(sum / (samples * samples));
            }
    return image;
}

/// Centroid of the shadow near a place, the slope of the background taken away by the brightness of
/// the frame around it.
Eigen::Vector2d centroid(const Image<float>& image, const Eigen::Vector2d& near) {
    constexpr int reach = 10;
    const int cu = static_cast<int>(std::lround(near.x()));
    const int cv = static_cast<int>(std::lround(near.y()));
    const auto at = [&](int u, int v) { return static_cast<double>(image(cu + u, cv + v)); };
    // The background: a plane through the means of the frame's sides.
    double left = 0.0;
    double right = 0.0;
    double top = 0.0;
    double bottom = 0.0;
    for (int i = -reach; i <= reach; ++i) {
        left += at(-reach, i) / (2 * reach + 1);
        right += at(reach, i) / (2 * reach + 1);
        top += at(i, -reach) / (2 * reach + 1);
        bottom += at(i, reach) / (2 * reach + 1);
    }
    const double middle = 0.25 * (left + right + top + bottom);
    Eigen::Vector2d sum = Eigen::Vector2d::Zero();
    double weight = 0.0;
    for (int v = -reach; v <= reach; ++v)
        for (int u = -reach; u <= reach; ++u) {
            const double background =
                middle + (right - left) * u / (2 * reach) + (bottom - top) * v / (2 * reach);
            const double shadow = 1.0 - at(u, v) / background;
            sum += shadow * Eigen::Vector2d(cu + u, cv + v);
            weight += shadow;
        }
    return sum / weight;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(distort_images)

BOOST_AUTO_TEST_CASE(beads_move_where_their_points_do) {
    const Image<float> image = bead_image();
    for (const Stretch stretch : {Stretch::thins_out, Stretch::keeps_value}) {
        const Image<float> distorted = distort_image(image, distortion, stretch);
        double worst = 0.0;
        double farthest = 0.0;
        for (const auto& bead : beads()) {
            const Eigen::Vector2d expected = distortion.distort(bead);
            worst = std::max(worst, (centroid(distorted, expected) - expected).norm());
            farthest = std::max(farthest, (expected - bead).norm());
        }
        BOOST_TEST(farthest > 20.0);  // px: there is a distortion
        BOOST_TEST(worst < tolerance_px);
        BOOST_TEST_MESSAGE("centroids of distorted beads, worst " << worst << " px of "
                                                                  << farthest);
    }
}

BOOST_AUTO_TEST_CASE(images_come_back) {
    const Image<float> image = bead_image();
    const Image<float> back = undistort_image(distort_image(image, distortion), distortion);
    double worst = 0.0;
    for (const auto& bead : beads())
        worst = std::max(worst, (centroid(back, bead) - bead).norm());
    BOOST_TEST(worst < tolerance_px);
    BOOST_TEST_MESSAGE("centroids after the round trip, worst " << worst << " px");
}

// What falls on the screen is shown: the sum stays but for what leaves the image.
BOOST_AUTO_TEST_CASE(photons_are_conserved_or_values_are_kept) {
    Image<float> image(size_px, size_px, 0.0F);
    for (int v = 300; v < 760; ++v)
        std::fill_n(image.row(v) + 240, 500, 2.0F);
    const auto sum = [](const Image<float>& of) {
        double total = 0.0;
        for (const float value : of.pixels())
            total += static_cast<double>(value);
        return total;
    };
    // Sums over pixels instead of integrals: the square's border, to some 1/50 of a pixel.
    BOOST_TEST(std::abs(sum(distort_image(image, distortion)) / sum(image) - 1.0) < 1e-4);
    const Image<float> flat(size_px, size_px, 3.0F);
    const Image<float> kept = distort_image(flat, distortion, Stretch::keeps_value);
    const Image<float> thinned = distort_image(flat, distortion, Stretch::thins_out);
    for (int v = 0; v < size_px; v += 37)
        for (int u = 0; u < size_px; u += 41) {
            BOOST_TEST(std::abs(kept(u, v) - 3.0F) < 1e-5F);
            const auto place = distortion.undistort({u, v});
            BOOST_REQUIRE(place.has_value());
            BOOST_TEST(std::abs(static_cast<double>(thinned(u, v)) * distortion.area_ratio(*place) -
                                3.0) < 1e-5);
        }
}

BOOST_AUTO_TEST_CASE(none_is_the_identity_and_the_impossible_is_refused) {
    const Image<float> image = bead_image();
    BOOST_TEST((distort_image(image, {{250.0, 250.0}, 256.0, 0.0, 0.0}) == image));
    BOOST_CHECK_THROW((void)distort_image(image, {{250.0, 250.0}, 256.0, -0.9, 0.0}), Error);
    const ResamplingMap map = distortion_map(distortion, 8, 8);
    BOOST_CHECK_THROW((void)resample({&image}, map), Error);
}

// In the chain the photons are counted where they are shown: Poisson noise of the thinned-out
// field, and dense beads beside the open beam, where cubic interpolation overshoots.
BOOST_AUTO_TEST_CASE(the_chain_counts_photons_where_they_are_shown) {
    Image<float> image = bead_image();
    std::fill_n(image.row(512) + 400, 30, 0.0F);
    XrayView view;
    view.sdd_mm = 1000.0;
    view.pixel_pitch_mm = {0.25, 0.25};
    view.width_px = size_px;
    view.height_px = size_px;
    view.principal_point_px = view.middle_px();
    const RadiographOptions options{.distortion = distortion};
    const RadiographChain chain(options, view);
    const SignalImages incident = chain.incident({image, image}).total;
    BOOST_TEST((incident.mean == distort_image(image, distortion)));
    const auto noisy = chain.radiograph({image, image}, {.seed = 1});
    double sum = 0.0;
    double squares = 0.0;
    for (std::size_t i = 0; i < noisy.size(); ++i) {
        const double mean = 20000.0 * static_cast<double>(incident.mean.pixels()[i]);
        if (mean < 2000.0) continue;
        const double z = (noisy.pixels()[i] / 2.5 - mean) / std::sqrt(mean);
        sum += z;
        squares += z * z;
    }
    const double n = size_px * size_px;
    BOOST_TEST(std::abs(sum) < 4.0 * std::sqrt(n) + 0.01 * n);
    BOOST_TEST(std::abs(squares / n - 1.0) < 0.01);
}

BOOST_AUTO_TEST_SUITE_END()
