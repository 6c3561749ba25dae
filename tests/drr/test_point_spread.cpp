#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/imaging/radiograph.hpp>
#include <drr/imaging/slanted_edge.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>
#include <utility>
#include <vector>

using namespace drr;

namespace {

const Eigen::Vector2d pitch_mm(0.25, 0.25);

// Ends at 2.83 cycles/mm, the corner of the frequencies of 0.25 mm pixels.
const MtfTable table{{0.0, 0.5, 1.0, 2.0, 2.83}, {1.0, 0.8, 0.55, 0.2, 0.1}};

XrayView view_of(int width, int height) {
    XrayView view;
    view.sdd_mm = 1000.0;
    view.pixel_pitch_mm = pitch_mm;
    view.width_px = width;
    view.height_px = height;
    view.principal_point_px = view.middle_px();
    return view;
}

/// Share of a unit pixel's area left of a line, by the exact integral of its rows' clipped parts.
double covered(double at_centre, double slope) {
    // Position of the edge within the pixel falls linearly along v from -1/2 to 1/2.
    const auto integral = [](double x) {  // of clamp(x + 1/2, 0, 1)
        if (x <= -0.5) return 0.0;
        if (x >= 0.5) return x;
        return 0.5 * (x + 0.5) * (x + 0.5);
    };
    return (integral(at_centre + 0.5 * slope) - integral(at_centre - 0.5 * slope)) / slope;
}

/// Primary signal of an edge, 5 degrees off the columns, integrated over each pixel's area.
SignalImages edge_signal(int width, int height, double dark) {
    const double slope = std::tan(5.0 / 180.0 * std::numbers::pi);
    Image<float> image(width, height);
    for (int v = 0; v < height; ++v)
        for (int u = 0; u < width; ++u) {
            const double edge = 0.5 * width + slope * (v - 0.5 * height);
            const double bright = covered(edge - u, slope);
            image(u, v) = static_cast<float>(dark + (1.0 - dark) * bright);
        }
    return {image, image};
}

Image<float> in_float(const Image<std::uint16_t>& image) {
    Image<float> result(image.width(), image.height());
    std::transform(image.pixels().begin(), image.pixels().end(), result.pixels().begin(),
                   [](std::uint16_t value) { return static_cast<float>(value); });
    return result;
}

double sinc(double x) {
    return x == 0.0 ? 1.0 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

std::vector<SpreadShape> spreads() {
    return {GaussianSpread{0.6}, GaussianSpread{1.2}, ExponentialSpread{0.5},
            ExponentialSpread{1.0}, table};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(point_spread)

// Through the whole chain: rendered edge, 16 bits, slanted edge. The pixel's area is the edge's
// own.
BOOST_AUTO_TEST_CASE(a_slanted_edge_shows_the_mtf_asked_for) {
    std::vector<std::optional<SpreadShape>> all{std::nullopt};
    for (const SpreadShape& spread : spreads())
        all.emplace_back(spread);
    for (const auto& spread : all) {
        RadiographOptions options{.quantum_noise = false};
        if (spread) options.point_spread = PointSpread{*spread, 1};
        const auto image =
            form_radiograph(edge_signal(240, 240, 0.2), options, view_of(240, 240), {});
        const EdgeMtf measured = slanted_edge_mtf(in_float(image));
        const double angle = measured.edge_angle_rad;
        BOOST_TEST(std::abs(angle - 5.0 / 180.0 * std::numbers::pi) < 1e-4);
        double worst = 0.0;
        for (std::size_t k = 0; k < measured.values.size(); ++k) {
            const double f = measured.cycles_per_px[k];
            const Eigen::Vector2d along_normal(f * std::cos(angle), -f * std::sin(angle));
            const double asked = spread ? mtf(*spread, along_normal, pitch_mm) : 1.0;
            const double pixel = sinc(along_normal.x()) * sinc(along_normal.y());
            worst = std::max(worst, std::abs(measured.values[k] - pixel * asked));
        }
        // Tapering and the pixels' uneven places within a bin.
        constexpr double tolerance = 0.01;
        BOOST_TEST(worst < tolerance, "kind " << (spread ? spread->index() : 99) << ": " << worst);
        BOOST_TEST_MESSAGE("MTF of a slanted edge, worst difference " << worst);
    }
}

// In parts of pixels the transfer is that of the Gaussian itself, and what lies beyond the pixels'
// highest frequency does not come back: at 0.9 cycles/px an edge keeps a thousandth. In whole
// pixels it keeps what their area leaves of it, a tenth, times the MTF at 0.1 cycles/px.
BOOST_AUTO_TEST_CASE(parts_of_pixels_spread_light_before_the_pixels_alias_it) {
    constexpr double sigma_px = 0.6;
    constexpr int size = 240;
    const RadiographOptions options{.quantum_noise = false,
                                    .point_spread = PointSpread{GaussianSpread{sigma_px}}};
    const RadiographChain chain(options, view_of(size, size));
    const XrayView& fine = chain.signal_view();
    BOOST_REQUIRE(fine.width_px == 2 * size);
    const auto image = chain.radiograph(edge_signal(fine.width_px, fine.height_px, 0.2), {});
    BOOST_REQUIRE(image.width() == size);
    const EdgeMtf measured = slanted_edge_mtf(in_float(image));
    double worst = 0.0;
    double most_beyond = 0.0;
    for (std::size_t k = 0; k < measured.values.size(); ++k) {
        const double f = measured.cycles_per_px[k];
        const double turn = 2.0 * std::numbers::pi * f * sigma_px;
        const double asked = std::exp(-0.5 * turn * turn) * sinc(f);
        worst = std::max(worst, std::abs(measured.values[k] - asked));
        if (f > 0.7 && f < 0.95) most_beyond = std::max(most_beyond, measured.values[k]);
    }
    BOOST_TEST(worst < 0.01);
    BOOST_TEST(most_beyond < 0.03);
}

BOOST_AUTO_TEST_CASE(narrow_spreads_act_in_parts_of_pixels_unless_told_otherwise) {
    BOOST_TEST(PointSpread{GaussianSpread{0.6}}.subpixels == 2);
    BOOST_TEST(PointSpread{GaussianSpread{2.0}}.subpixels == 1);
    BOOST_TEST(PointSpread{ExponentialSpread{1.9}}.subpixels == 2);
    BOOST_TEST(PointSpread{ExponentialSpread{2.5}}.subpixels == 1);
    BOOST_TEST(PointSpread{table}.subpixels == 1);
    BOOST_TEST((PointSpread{GaussianSpread{0.6}, 3}.subpixels == 3));
}

// Quanta of the parts are counted and add up: the open beam keeps its grey and its photons.
BOOST_AUTO_TEST_CASE(parts_of_pixels_share_the_photons) {
    constexpr int size = 256;
    const RadiographOptions options{.photons_per_pixel = 2000.0,
                                    .point_spread = PointSpread{GaussianSpread{0.0}, 3},
                                    .open_beam_grey = 40000.0};
    const Image<float> ones(3 * size, 3 * size, 1.0F);
    const auto image =
        RadiographChain(options, view_of(size, size)).radiograph({ones, ones}, {.seed = 5});
    double sum = 0.0;
    double squares = 0.0;
    for (const std::uint16_t grey : image.pixels()) {
        sum += grey;
        squares += (grey - 40000.0) * (grey - 40000.0);
    }
    const auto n = static_cast<double>(image.size());
    const double sd = 40000.0 / std::sqrt(2000.0);
    BOOST_TEST(std::abs(sum / n - 40000.0) < 4.0 * sd / std::sqrt(n));
    BOOST_TEST(std::abs(std::sqrt(squares / n) / sd - 1.0) < 4.0 / std::sqrt(2.0 * n));
}

// A single wave of the mirrored image is multiplied by its factor and nothing else.
BOOST_AUTO_TEST_CASE(waves_are_multiplied_by_the_mtf) {
    constexpr int width = 96;
    constexpr int height = 80;
    const int waves[][2] = {{0, 0}, {7, 0}, {0, 31}, {20, 45}, {95, 79}};
    for (const SpreadShape& spread : spreads())
        for (const auto& wave : waves) {
            Image<float> image(width, height);
            for (int v = 0; v < height; ++v)
                for (int u = 0; u < width; ++u)
                    image(u, v) = static_cast<float>(
                        std::cos(std::numbers::pi * wave[0] * (u + 0.5) / width) *
                        std::cos(std::numbers::pi * wave[1] * (v + 0.5) / height));
            const double factor =
                mtf(spread, {0.5 * wave[0] / width, 0.5 * wave[1] / height}, pitch_mm);
            const Image<float> result = PointSpreadFilter(spread, width, height, pitch_mm)(image);
            for (std::size_t i = 0; i < image.size(); ++i)  // single precision
                BOOST_TEST(std::abs(static_cast<double>(result.pixels()[i]) -
                                    factor * static_cast<double>(image.pixels()[i])) < 3e-6);
        }
}

BOOST_AUTO_TEST_CASE(sums_are_conserved_and_odd_sizes_are_filtered_too) {
    Rng rng({.seed = 2});
    const int sizes[][2] = {{96, 80}, {97, 61}, {2, 2}, {1, 1}, {1, 50}};
    for (const auto& size : sizes) {
        Image<float> image(size[0], size[1]);
        for (float& value : image.pixels())
            value = static_cast<float>(rng.uniform(50.0, 100.0));
        for (const SpreadShape& spread : spreads()) {
            const Image<float> result =
                PointSpreadFilter(spread, size[0], size[1], pitch_mm)(image);
            const double before =
                std::accumulate(image.pixels().begin(), image.pixels().end(), 0.0);
            const double after =
                std::accumulate(result.pixels().begin(), result.pixels().end(), 0.0);
            const bool exact = size[0] == 96;
            BOOST_TEST(std::abs(after / before - 1.0) < (exact ? 1e-6 : 0.1));
        }
    }
    const PointSpreadFilter filter(table, 8, 8, pitch_mm);
    BOOST_CHECK_THROW((void)filter(Image<float>(8, 9)), Error);
}

// White noise before, so its power spectrum after is the square of the MTF.
BOOST_AUTO_TEST_CASE(noise_power_follows_the_square_of_the_mtf) {
    constexpr int size = 512;
    constexpr int block = 64;  // a spectrum from each of 64 blocks
    for (const SpreadShape& spread : spreads()) {
        const RadiographOptions options{.photons_per_pixel = 2000.0,
                                        .point_spread = PointSpread{spread, 1},
                                        .open_beam_grey = 40000.0};
        const Image<float> ones(size, size, 1.0F);
        const auto image = form_radiograph({ones, ones}, options, view_of(size, size), {.seed = 5});
        const double white = 40000.0 * 40000.0 / 2000.0;
        for (int wave = 4; wave < block / 2; wave += 4) {
            double power = 0.0;
            int count = 0;
            for (int v = 0; v < size; ++v)
                for (int first = 0; first < size; first += block, ++count) {
                    // Hann's window: without it the strong low waves leak into the weak ones.
                    std::complex<double> sum;
                    double weights = 0.0;
                    for (int u = 0; u < block; ++u) {
                        const double turn = 2.0 * std::numbers::pi * (u + 0.5) / block;
                        const double window = 0.5 * (1.0 - std::cos(turn));
                        sum += window * (image(first + u, v) - 40000.0) *
                               std::polar(1.0, -turn * wave);
                        weights += window * window;
                    }
                    power += std::norm(sum) / weights;
                }
            // Rows are transformed by themselves, so the power is the mean over all of v's waves.
            // Hann's window takes a third of the power from the two neighbouring waves.
            double expected = 1.0 / 12.0;
            for (const auto& [neighbour, share] :
                 {std::pair{-1, 1.0 / 6.0}, {0, 2.0 / 3.0}, {1, 1.0 / 6.0}}) {
                const double f = static_cast<double>(wave + neighbour) / block;
                for (int k = 0; k < size; ++k)
                    expected += share * white / size *
                                std::pow(mtf(spread, {f, 0.5 * (k + 0.5) / size}, pitch_mm), 2.0);
            }
            // 4096 spectra, of which those of neighbouring rows are alike: some 3 %, and what is
            // left of leakage.
            BOOST_TEST(
                std::abs(power / count / expected - 1.0) < 0.1,
                "kind " << spread.index() << ", wave " << wave << ": " << power / count / expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_image_without_an_edge_is_refused) {
    BOOST_CHECK_THROW((void)slanted_edge_mtf(Image<float>(64, 64, 1.0F)), Error);
    BOOST_CHECK_THROW((void)slanted_edge_mtf(Image<float>(8, 8, 1.0F)), Error);
    Image<float> upright(64, 64, 0.0F);  // one place within a pixel only
    for (int v = 0; v < 64; ++v)
        std::fill_n(upright.row(v), 32, 1.0F);
    BOOST_CHECK_THROW((void)slanted_edge_mtf(upright), Error);
}

BOOST_AUTO_TEST_SUITE_END()
