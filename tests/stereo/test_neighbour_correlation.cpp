// Error bars of a calibration where the errors of neighbouring markers hang together.
#include "calibration_case.hpp"
#include "calibration_claims.hpp"
#include "test.hpp"

#include <Eigen/Cholesky>

using namespace drr;
using namespace stereo;
using test::calibration_case;

namespace {

constexpr double noise_px = 0.02;

// Noise of the markers of each image, correlated by exp(-distance / length).
void add_correlated_noise(test::CalibrationCase& c, double length_mm, std::uint64_t seed,
                          int trial) {
    const auto& markers = c.observations.markers_in_phantom_mm;
    const auto count = static_cast<Eigen::Index>(markers.size());
    Eigen::MatrixXd correlation = Eigen::MatrixXd::Identity(count, count);
    for (Eigen::Index i = 0; i < count && length_mm > 0.0; ++i)
        for (Eigen::Index k = 0; k < count; ++k)
            correlation(i, k) = std::exp(
                -(markers[static_cast<std::size_t>(i)] - markers[static_cast<std::size_t>(k)])
                     .norm() /
                length_mm);
    const Eigen::MatrixXd root = correlation.llt().matrixL();
    Rng rng({.seed = seed,
             .trial = static_cast<std::uint32_t>(trial),
             .purpose = RngPurpose::localization_noise});
    auto& items = c.observations.items;
    // Markers of an image stand side by side.
    for (std::size_t first = 0; first < items.size(); first += markers.size()) {
        Eigen::MatrixX2d white(count, 2);
        for (double& value : white.reshaped())
            value = rng.normal();
        const Eigen::MatrixX2d errors = noise_px * root * white;
        for (Eigen::Index i = 0; i < count; ++i) {
            auto& item = items[first + static_cast<std::size_t>(i)];
            item.pixel += errors.row(i).transpose();
            item.sd_px = noise_px;
        }
    }
}

}  // namespace

// Errors with a length of half the lattice's pitch, as around beads in bricks: error bars that know
// it hold, those for independent errors are too small.
BOOST_AUTO_TEST_CASE(error_bars_hold_where_neighbours_err_alike) {
    const int trials = test::trials(60);
    constexpr double length_mm = 20.0;
    const auto ideal = calibration_case({.angle_deg = 30.0, .poses = 8, .seed = 20});
    test::CalibrationClaims correlated;
    test::CalibrationClaims independent;
    double sum_of_lengths = 0.0;
    for (int trial = 0; trial < trials; ++trial) {
        auto noisy = ideal;
        add_correlated_noise(noisy, length_mm, 31, trial);
        const Calibration found = calibrate(Procedure::bundle, noisy.observations,
                                            {.errors = ErrorModel::correlated_neighbours});
        BOOST_TEST_REQUIRE(found.ok, found.summary);
        sum_of_lengths += found.correlation_length_mm;
        correlated.add(found, ideal.truth());
        const Calibration plain = calibrate(Procedure::bundle, noisy.observations);
        independent.add(plain, ideal.truth());
        BOOST_TEST(plain.correlation_length_mm == 0.0);
        BOOST_TEST(plain.views[0].pinhole.fx_px == found.views[0].pinhole.fx_px);
    }
    BOOST_TEST_MESSAGE("length " << sum_of_lengths / trials << " mm; errors over claims "
                                 << correlated.ratio().minCoeff() << " to "
                                 << correlated.ratio().maxCoeff() << ", as if independent "
                                 << independent.ratio().minCoeff() << " to "
                                 << independent.ratio().maxCoeff());
    BOOST_TEST(std::abs(sum_of_lengths / trials / length_mm - 1.0) < 0.05);
    // 4 standard errors of a standard deviation from so many trials.
    const double limit = std::max(0.07, 4.0 / std::sqrt(2.0 * trials));
    for (Eigen::Index i = 0; i < test::CalibrationClaims::count; ++i)
        BOOST_TEST(std::abs(correlated.ratio()[i] - 1.0) < limit,
                   i << ": " << correlated.ratio()[i]);
    BOOST_TEST(independent.ratio().mean() > correlated.ratio().mean() + 0.1);
}

// Noise that is independent has the length 0, or one so short that error bars hardly change; at 0
// they are those of independent markers, whatever is adjusted beside the views.
BOOST_AUTO_TEST_CASE(independent_noise_keeps_its_error_bars) {
    const auto ideal = calibration_case({.angle_deg = 30.0, .poses = 6, .seed = 20});
    int without = 0;
    for (int trial = 0; trial < 8; ++trial) {
        auto noisy = ideal;
        add_correlated_noise(noisy, 0.0, 32, trial);
        const Procedure procedure = trial % 2 == 0 ? Procedure::bundle : Procedure::bundle_phantom;
        CalibrationOptions options;
        options.priors.placement_sd_mm = 0.02;
        if (trial >= 4) options.priors.phantom_scale_sd = 1e-3;
        const Calibration plain = calibrate(procedure, noisy.observations, options);
        options.errors = ErrorModel::correlated_neighbours;
        const Calibration found = calibrate(procedure, noisy.observations, options);
        BOOST_TEST_REQUIRE((plain.ok && found.ok), plain.summary << found.summary);
        const Eigen::VectorXd ratio =
            (found.covariance.diagonal().cwiseQuotient(plain.covariance.diagonal())).cwiseSqrt();
        if (found.correlation_length_mm == 0.0) {
            ++without;
            BOOST_TEST(ratio.minCoeff() > 1.0 - 1e-6);
            BOOST_TEST(ratio.maxCoeff() < 1.0 + 1e-6);
        }
        // Of a correlation of neighbours that 700 residuals tell to 0.03.
        BOOST_TEST(ratio.maxCoeff() < 1.2);
    }
    BOOST_TEST(without > 1);
    BOOST_TEST(without < 8);
}
