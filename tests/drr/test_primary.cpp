#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/imaging/primary.hpp>
#include <drr/phantom/brick.hpp>
#include <drr/physics/spectrum.hpp>

#include <algorithm>
#include <array>
#include <cmath>

using namespace drr;
using Eigen::Vector2d;
using Eigen::Vector3d;

namespace {

SolidPart solid(const Shape& shape, const std::string& material, int sign = 1) {
    return {"", shape, material, sign};
}

Rigid3 at(const Vector3d& place) {
    return {Eigen::Quaterniond::Identity(), place};
}

PolychromaticBeam beam_of(const Spectrum& spectrum, const std::vector<std::string>& names) {
    std::vector<Material> materials;
    for (const auto& name : names)
        materials.push_back(find_material(name));
    return {spectrum, {}, materials};
}

Spectrum tube() {
    TubeOptions options;
    options.filters = {{find_material("aluminium"), 2.5}};
    return tube_spectrum(options);
}

// The source at the origin, the detector at z = sdd.
XrayView frontal(double sdd_mm, int width_px, int height_px, double pitch_mm) {
    XrayView view;
    view.sdd_mm = sdd_mm;
    view.pixel_pitch_mm = {pitch_mm, pitch_mm};
    view.width_px = width_px;
    view.height_px = height_px;
    view.principal_point_px = view.middle_px();
    return view;
}

constexpr float float_sum = 1e-5F;  // relative, of some hundred terms in single precision

}  // namespace

// A bar of square section stands on its edge in a parallel beam, so that its thickness grows
// linearly: 2 (h - |x|). The mean over a pixel of exp(-mu L) is sinh(mu p) / (mu p) times the value
// in the middle.
BOOST_AUTO_TEST_CASE(a_wedge_is_the_closed_form_for_each_energy) {
    const Spectrum lines{{{30.0, 0.0, 1.0}, {55.0, 0.0, 2.0}, {80.0, 0.0, 1.5}}};
    constexpr double far_mm = 1e6;  // rays are parallel to 1e-5
    constexpr double pitch_mm = 0.1;
    XrayView view = frontal(far_mm + 50.0, 101, 3, pitch_mm);
    const double h = 4.0;
    const std::vector<SolidPart> wedge{
        solid({Box{{h * std::sqrt(2.0), 50.0, h * std::sqrt(2.0)}},
               {rotation_from_vector({0, std::numbers::pi / 4.0, 0}), {0, 0, far_mm}}},
              "steel")};
    const SignalImages found = primary_signal(path_lengths(wedge, view), beam_of(lines, {"steel"}));
    int checked = 0;
    for (int u = 0; u < view.width_px; ++u) {
        const double x = std::abs(u - 50) * pitch_mm;
        if (x < pitch_mm || x > h - pitch_mm) continue;  // the ridge and the edge
        double mean = 0.0, variance = 0.0;
        for (const auto& c : lines.components) {
            const auto open = beam_of({{{c.energy_kev, 0.0, 1.0}}}, {}).open();
            const double mu = attenuation_per_mm("steel", c.energy_kev);
            const double passing = c.photons / lines.photons() * std::exp(-2.0 * mu * (h - x)) *
                                   std::sinh(mu * pitch_mm) / (mu * pitch_mm);
            mean += open.mean * passing;
            variance += open.variance * passing;
        }
        // Gauss and Legendre's two points in each half: (2 mu p)^4 / 69120 = 7e-4 at 30 keV
        constexpr double quadrature = 1e-3;
        BOOST_TEST(std::abs(found.mean(u, 1) / mean - 1.0) < quadrature);
        BOOST_TEST(std::abs(found.variance(u, 1) / variance - 1.0) < quadrature);
        ++checked;
    }
    BOOST_TEST(checked > 70);
}

// Beads and plastic: intensities against the mean over a dense grid of rays, one at a time.
BOOST_AUTO_TEST_CASE(pixels_get_the_mean_intensity_over_their_area) {
    const XrayView view = frontal(1200.0, 24, 25, 0.25);
    const std::vector<SolidPart> solids{
        solid({Sphere{1.6}, at({0.1, 0.03, 900})}, "steel"),
        solid({Sphere{0.5}, at({0.9, 0.4, 940})}, "tantalum"),
        solid({Box{{100, 100, 30}}, at({0, 0, 860})}, "abs"),
    };
    const PathLengths lengths = path_lengths(solids, view);
    const auto beam = beam_of(tube(), {"tantalum", "water", "abs", "steel"});  // another order
    const SignalImages found = primary_signal(lengths, beam);
    const auto ordered = beam.through(lengths.materials);
    const double open = beam.open().mean;
    constexpr int n = 36;
    double worst = 0.0, sum = 0.0, exact_sum = 0.0;
    for (int v = 0; v < view.height_px; ++v)
        for (int u = 0; u < view.width_px; ++u) {
            SignalMoments exact;
            for (int s = 0; s < n * n; ++s) {
                const Vector3d ray = view.pixel_in_view_mm({u + (s % n + 0.5) / n - 0.5,
                                                            v + (s / n + 0.5) / n - 0.5})
                                         .normalized();
                std::array<double, 3> mm{};
                for (std::size_t m = 0; m < 3; ++m)
                    mm[m] = chord(solids[m].shape, Vector3d::Zero(), ray).length();
                const SignalMoments one = ordered.moments(mm);
                exact.mean += one.mean / (n * n);
                exact.variance += one.variance / (n * n);
            }
            const double off = std::abs(found.mean(u, v) - exact.mean) / open;
            worst = std::max(worst, off);
            BOOST_TEST(std::abs(found.variance(u, v) / exact.variance -
                                found.mean(u, v) / exact.mean) < 0.01);
            sum += static_cast<double>(found.mean(u, v));
            exact_sum += exact.mean;
        }
    // Of the open beam. Within a cell the mean length stands for rays that miss and rays that graze
    // the metal, which for the soft part of the spectrum is a little too dark.
    BOOST_TEST(worst < 0.004);
    BOOST_TEST(std::abs(sum / exact_sum - 1.0) < 1e-3);
}

BOOST_AUTO_TEST_CASE(a_material_the_beam_does_not_know_is_refused) {
    const XrayView view = frontal(1000.0, 4, 4, 1.0);
    const auto lengths =
        path_lengths(std::vector{solid({Sphere{1.0}, at({0, 0, 500})}, "lead")}, view);
    BOOST_CHECK_THROW((void)primary_signal(lengths, beam_of(tube(), {"water"})), Error);
    PathLengths broken = lengths;
    broken.mean_mm.clear();
    BOOST_CHECK_THROW((void)primary_signal(broken, beam_of(tube(), {"lead"})), Error);
}

BOOST_AUTO_TEST_CASE(the_samples_of_a_spot_fill_it_evenly) {
    for (const int n : {1, 2, 7, 16, 21, 64}) {
        for (const auto shape : {SpotShape::uniform, SpotShape::gaussian}) {
            const auto offsets = spot_offsets_mm({{1.2, 0.6}, shape, n});
            BOOST_REQUIRE(offsets.size() == static_cast<std::size_t>(n));
            Vector2d mean = Vector2d::Zero(), square = mean;
            std::array<std::vector<double>, 2> places;
            for (const Vector2d& offset : offsets) {
                mean += offset / n;
                square += offset.cwiseAbs2() / n;
                for (std::size_t axis = 0; axis < 2; ++axis)
                    places[axis].push_back(offset[static_cast<Eigen::Index>(axis)]);
            }
            BOOST_TEST(mean.norm() < 1e-12);
            for (auto& side : places) {  // all places differ
                std::sort(side.begin(), side.end());
                BOOST_TEST((std::adjacent_find(side.begin(), side.end()) == side.end()));
            }
            if (n == 1) continue;
            const Vector2d size(1.2, 0.6);
            // n midpoints have less of the variance of a box by 1/n^2
            const Vector2d expected =
                shape == SpotShape::uniform
                    ? Vector2d(size.cwiseAbs2() * (1.0 - 1.0 / (n * n)) / 12.0)
                    : Vector2d(size.cwiseAbs2() / (8.0 * std::log(2.0)));
            BOOST_TEST((square - expected).norm() < 1e-9);
        }
    }
    BOOST_TEST(spot_offsets_mm({}).size() == 1U);
    BOOST_CHECK_THROW((void)spot_offsets_mm({{-1.0, 0.0}}), Error);
    BOOST_CHECK_THROW((void)spot_offsets_mm({{1.0, 1.0}, SpotShape::uniform, 0}), Error);
}

// Measured from the image of a thin edge of lead: differences of neighbouring pixels are the line
// spread function convolved with the triangle of two pixels' areas, whose variance is 1/6 px2.
BOOST_AUTO_TEST_CASE(an_edge_is_blurred_by_the_spot_times_magnification_less_one) {
    constexpr double pitch_mm = 0.025;
    constexpr int length = 241;
    const auto beam = beam_of({{{60.0, 0.0, 1.0}}}, {"lead"});
    for (const int axis : {0, 1})
        for (const double depth_mm : {500.0, 800.0}) {
            const XrayView view =
                frontal(1000.0, axis == 0 ? length : 3, axis == 0 ? 3 : length, pitch_mm);
            Vector3d place(0, 0, depth_mm);
            place[axis] = 20.0 + 0.003;
            const auto object = [&](const XrayView& seen) {
                return path_lengths(std::vector{solid({Box{{40, 40, 0.02}}, at(place)}, "lead")},
                                    seen);
            };
            const auto spread_px = [&](const FocalSpot& spot) {
                const Image<float> image = primary_signal(object, view, beam, spot).mean;
                const auto value = [&](int i) {
                    return static_cast<double>(axis == 0 ? image(i, 1) : image(1, i));
                };
                double sum = 0.0, first = 0.0, second = 0.0;
                for (int n = 1; n < length; ++n) {
                    const double slope = value(n - 1) - value(n);
                    sum += slope;
                    first += slope * n;
                    second += slope * n * n;
                }
                const double mean = first / sum;
                return std::sqrt(second / sum - mean * mean - 1.0 / 6.0);
            };
            const Vector2d size_mm(1.2, 0.6);
            const double blur_px = (view.sdd_mm / depth_mm - 1.0) * size_mm[axis] / pitch_mm;
            const double width_px = std::sqrt(12.0) * spread_px({size_mm, SpotShape::uniform, 32});
            BOOST_TEST(std::abs(width_px / blur_px - 1.0) < 0.005);
            const double fwhm_px =
                std::sqrt(8.0 * std::log(2.0)) * spread_px({size_mm, SpotShape::gaussian, 32});
            BOOST_TEST(std::abs(fwhm_px / blur_px - 1.0) < 0.005);
            BOOST_TEST(spread_px({}) < 0.6);  // a point: within a pixel
        }
}

BOOST_AUTO_TEST_CASE(a_spot_leaves_a_bead_where_it_is) {
    const XrayView view = frontal(1200.0, 40, 40, 0.25);
    const auto beam = beam_of(tube(), {"steel"});
    const Vector3d centre(0.2, -0.3, 900.0);
    const auto object = [&](const XrayView& seen) {
        return path_lengths(std::vector{solid({Sphere{1.5875}, at(centre)}, "steel")}, seen);
    };
    const auto centroid = [&](const FocalSpot& spot) {
        const Image<float> image = primary_signal(object, view, beam, spot).mean;
        const auto open = static_cast<float>(beam.open().mean);
        Vector2d mean = Vector2d::Zero();
        double sum = 0.0;
        for (int v = 0; v < image.height(); ++v)
            for (int u = 0; u < image.width(); ++u) {
                const auto absorbed = static_cast<double>(open - image(u, v));
                mean += absorbed * Vector2d(u, v);
                sum += absorbed;
            }
        return Vector2d(mean / sum);
    };
    const Vector2d sharp = centroid({});
    const Vector2d blurred = centroid({{1.0, 1.0}, SpotShape::uniform, 16});
    BOOST_TEST((sharp - view.project(centre)).norm() < 0.01);
    BOOST_TEST((blurred - sharp).norm() < 0.002);
}

BOOST_AUTO_TEST_CASE(rows_are_those_of_the_whole_signal) {
    const XrayView view = frontal(1200.0, 40, 40, 0.25);
    const auto beam = beam_of(tube(), {"steel", "abs"});
    const std::vector solids{solid({Sphere{1.5875}, at({0.2, -0.3, 900.0})}, "steel"),
                             solid({Box{{6, 3, 4}}, at({0, 1, 880.0})}, "abs")};
    const auto object = [&](const XrayView& seen) { return path_lengths(solids, seen); };
    for (const FocalSpot& spot : {FocalSpot{}, FocalSpot{{1.0, 0.5}, SpotShape::uniform, 3}}) {
        const SignalImages whole = primary_signal(object, view, beam, spot);
        const SignalRows by_rows = primary_rows(solids, view, beam, spot);
        for (const RowRange rows : {RowRange{0, 40}, {7, 8}, {17, 30}}) {
            const SignalImages some = by_rows(rows);
            BOOST_TEST((some.mean == rows_of(whole.mean, rows)));
            BOOST_TEST((some.variance == rows_of(whole.variance, rows)));
        }
    }
}

// Bricks of ten turns and sizes one behind the other, and beads between them, in parts of pixels as
// studies have them: what single precision rounds is far below the scatter of 5,000 photons. What
// grazes beads it moves most; elsewhere it moves nothing that the floats of a signal would hold.
BOOST_AUTO_TEST_CASE(single_precision_is_lost_in_quantum_noise) {
    const XrayView view = frontal(1200.0, 256, 256, 0.125);
    std::vector<SolidPart> solids;
    for (int n = 0; n < 10; ++n) {
        const Rigid3 pose{rotation_from_vector({0.3 + 0.5 * n, 0.2 - 0.1 * n, 0.2 * n}),
                          {0.5 * n - 3.0, 2.0 - 0.4 * n, 700.0 + 40.0 * n}};
        for (const SolidPart& part : moved(brick_solids(brick_part(n % 2 ? "3001" : "3700")), pose))
            solids.push_back(part);
        solids.push_back(solid({Sphere{1.5875}, at({n - 5.0, 0.7 * n - 3.0, 910.0})}, "steel"));
    }
    const auto beam = beam_of(Spectrum{{{60.0, 0.0, 1.0}}}, {"abs", "steel"});
    const auto signal = [&](bool single_precision) {
        AnalyticOptions options = finer(AnalyticOptions{}, 2);
        options.single_precision = single_precision;
        return primary_rows(solids, view, beam, {}, options)({0, view.height_px}).mean;
    };
    const Image<float> exact = signal(false), found = signal(true);
    BOOST_TEST(!(found == exact));
    constexpr double photons = 5000.0;
    double worst = 0.0, squares = 0.0;
    for (std::size_t n = 0; n < exact.size(); ++n) {
        const auto expected = static_cast<double>(exact.pixels()[n]);
        const double off =
            (static_cast<double>(found.pixels()[n]) - expected) / std::sqrt(expected / photons);
        worst = std::max(worst, std::abs(off));
        squares += off * off;
    }
    const double rms = std::sqrt(squares / static_cast<double>(exact.size()));
    BOOST_TEST_MESSAGE("single precision moves a signal by " << rms << " of its noise, at most by "
                                                             << worst);
    BOOST_TEST(rms < 1e-4);
    BOOST_TEST(worst < 0.01);
}

// No spot is the object as it is, in one projection.
BOOST_AUTO_TEST_CASE(a_point_is_one_projection) {
    const XrayView view = frontal(1200.0, 16, 16, 0.25);
    const auto beam = beam_of(tube(), {"steel"});
    int calls = 0;
    const auto object = [&](const XrayView& seen) {
        ++calls;
        return path_lengths(std::vector{solid({Sphere{1.0}, at({0, 0, 900})}, "steel")}, seen);
    };
    const SignalImages one = primary_signal(object, view, beam);
    BOOST_TEST(calls == 1);
    BOOST_TEST((one.mean == primary_signal(object(view), beam).mean));
    FocalSpot small{{1e-9, 1e-9}, SpotShape::uniform, 4};
    const SignalImages four = primary_signal(object, view, beam, small);
    BOOST_TEST(calls == 6);
    for (std::size_t n = 0; n < one.mean.size(); ++n)
        BOOST_TEST(std::abs(four.variance.pixels()[n] / one.variance.pixels()[n] - 1.0F) <
                   float_sum);
}
