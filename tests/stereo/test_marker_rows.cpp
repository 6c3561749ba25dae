#include "calibration_case.hpp"
#include "instruction_sets.hpp"
#include "marker_rows.hpp"
#include "test.hpp"

#include <cmath>

using namespace stereo;

namespace {

// Of a pixel of some hundred, and of central differences by 1e-5 of what changes by one.
constexpr double rounding_px = 1e-10;
constexpr double of_differences = 1e-6;

struct OneImage {
    Observations observations;
    BundleState state;
    ImageObservations image;
};

/// `markers` of view 1 in pose 2, off by some standard deviations.
OneImage one_image(std::size_t markers) {
    test::CalibrationCase c = test::calibration_case({.poses = 3});
    drr::Rng rng({.seed = 8, .purpose = drr::RngPurpose::test});
    c.add_noise(2.0, rng);
    OneImage one{c.observations, {}, {2, 1, {}}};
    for (const auto& view : c.rig)
        one.state.views.push_back(view.calibrated());
    one.state.views[1].pinhole.fy_px *= 1.02;
    one.state.world_from_phantom = c.rig_from_phantom;
    one.state.phantom_markers = c.observations.markers_in_phantom_mm.size();
    one.state.marker_shifts_mm.resize(one.state.phantom_markers, Eigen::Vector3d(0.1, -0.2, 0.3));
    for (std::size_t i = 0; i < one.observations.items.size() && one.image.items.size() < markers;
         ++i) {
        Observation& item = one.observations.items[i];
        if (item.pose != one.image.pose || item.view != one.image.view) continue;
        item.sd_px = 0.5 + rng.uniform();
        one.image.items.push_back(i);
    }
    return one;
}

Eigen::Vector2d residual(const OneImage& one, const BundleState& state, std::size_t n) {
    const Observation& item = one.observations.items[one.image.items[n]];
    const Eigen::Vector3d marker = state.marker_mm(one.observations, item.marker);
    return (state.views[1].project(state.world_from_phantom[2] * marker) - item.pixel) / item.sd_px;
}

/// The ten numbers of view 1 in the order of the rows.
std::vector<Parameter> numbers_of_view() {
    std::vector<Parameter> numbers = {{ParameterKind::focal_length_px, 1, 0},
                                      {ParameterKind::aspect, 1, 0}};
    for (const int axis : {0, 1})
        numbers.push_back({ParameterKind::principal_point_px, 1, axis});
    for (const auto kind : {ParameterKind::view_turn_rad, ParameterKind::view_shift_mm})
        for (const int axis : {0, 1, 2})
            numbers.push_back({kind, 1, axis});
    return numbers;
}

}  // namespace

BOOST_AUTO_TEST_CASE(rows_are_residuals_and_their_derivatives_with_every_instruction_set) {
    for (const std::size_t markers : {1U, 7U, 8U, 64U}) {
        const OneImage one = one_image(markers);
        const ImageProjection projection(one.image, one.state);
        test::with_every_instruction_set([&] {
            MarkerRows rows;
            BOOST_REQUIRE(fill_rows(one.observations, one.image, one.state, projection, {}, rows));
            double loss = 0.0;
            for (std::size_t n = 0; n < markers; ++n) {
                const Eigen::Vector2d expected = residual(one, one.state, n);
                BOOST_TEST((rows.residual(n) - expected).norm() < rounding_px);
                loss += expected.squaredNorm();
                for (int k = 0; k < view_columns; ++k) {
                    constexpr double small = 1e-5;
                    Eigen::VectorXd step = Eigen::VectorXd::Zero(view_columns);
                    step[k] = small;
                    const Eigen::Vector2d difference =
                        (residual(one, moved(one.state, numbers_of_view(), step), n) -
                         residual(one, moved(one.state, numbers_of_view(), -step), n)) /
                        (2.0 * small);
                    BOOST_TEST((rows.by_view(n).col(k) - difference).norm() <
                               of_differences * std::max(1.0, difference.norm()));
                }
            }
            BOOST_TEST(std::abs(rows.loss - loss) < rounding_px * loss);
            // What fills the registers up counts for nothing.
            BOOST_TEST(std::abs(rows.values.col(view_columns).squaredNorm() - loss) <
                       rounding_px * loss);
        });
    }
}

BOOST_AUTO_TEST_CASE(a_robust_loss_weighs_its_markers_rows) {
    const OneImage one = one_image(64);
    const ImageProjection projection(one.image, one.state);
    MarkerRows plain, robust;
    BOOST_REQUIRE(fill_rows(one.observations, one.image, one.state, projection, {}, plain));
    CalibrationOptions options;
    options.loss = Loss::huber;
    options.loss_sigmas = 2.0;
    BOOST_REQUIRE(fill_rows(one.observations, one.image, one.state, projection, options, robust));
    double loss = 0.0;
    int beyond = 0;
    for (std::size_t n = 0; n < 64; ++n) {
        const double length = plain.residual(n).norm();
        const double weight = length > 2.0 ? 2.0 / length : 1.0;
        loss += length > 2.0 ? 4.0 * length - 4.0 : length * length;
        beyond += length > 2.0 ? 1 : 0;
        BOOST_TEST((robust.by_view(n) - std::sqrt(weight) * plain.by_view(n)).norm() <
                   rounding_px * plain.by_view(n).norm());
        BOOST_TEST((robust.residual(n) - std::sqrt(weight) * plain.residual(n)).norm() <
                   rounding_px);
    }
    BOOST_TEST(beyond > 0);
    BOOST_TEST(beyond < 64);
    BOOST_TEST(std::abs(robust.loss - loss) < rounding_px * loss);
}

BOOST_AUTO_TEST_CASE(a_marker_behind_the_source_gives_no_rows) {
    OneImage one = one_image(9);
    const auto last = static_cast<std::size_t>(one.observations.items[one.image.items[8]].marker);
    const drr::Rigid3 phantom_from_view =
        (one.state.views[1].view_from_world * one.state.world_from_phantom[2]).inverse();
    for (const double depth_mm : {-1.0, 1.0}) {
        one.state.marker_shifts_mm[last] = phantom_from_view * Eigen::Vector3d(0.0, 0.0, depth_mm) -
                                           one.observations.markers_in_phantom_mm[last];
        const ImageProjection projection(one.image, one.state);
        test::with_every_instruction_set([&] {
            MarkerRows rows;
            BOOST_TEST(fill_rows(one.observations, one.image, one.state, projection, {}, rows) ==
                       (depth_mm > 0.0));
        });
    }
}
