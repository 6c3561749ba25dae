#include "small_study.hpp"

#include <drr/core/rng.hpp>
#include <stereo/trials/runner.hpp>
#include <stereo/trials/statistics.hpp>
#include <stereo/trials/study_summary.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace stereo;

BOOST_AUTO_TEST_CASE(student_interval_of_four_values) {
    const std::vector<double> values{1.0, 2.0, 3.0, 4.0, std::nan("")};
    const Estimate e = mean_of(values);
    // t(0.975, 3) = 3.182446 from tables, standard error sqrt(5/3)/2.
    const double half = 3.182446 * std::sqrt(5.0 / 3.0) / 2.0;
    BOOST_TEST(e.value == 2.5);
    BOOST_TEST(std::abs(e.high - 2.5 - half) < 1e-6);
    BOOST_TEST(std::isnan(mean_of(std::vector<double>{1.0}).low));
    BOOST_TEST(std::isnan(mean_of(std::vector<double>{}).value));
}

BOOST_AUTO_TEST_CASE(intervals_of_root_mean_squares_cover_95_percent) {
    int covered = 0;
    int ratio_covered = 0;
    constexpr int studies = 2000;
    for (int s = 0; s < studies; ++s) {
        drr::Rng rng({.seed = 1, .trial = static_cast<std::uint32_t>(s)});
        std::vector<double> a;
        std::vector<double> b;
        for (int i = 0; i < 100; ++i) {
            const double common = rng.normal();
            a.push_back(std::abs(2.0 * common));
            b.push_back(std::abs(std::sqrt(0.5) * (common + rng.normal())));
        }
        const Estimate rms = rms_of(a);
        covered += rms.low <= 2.0 && 2.0 <= rms.high ? 1 : 0;
        const Estimate ratio = rms_ratio_of(a, b);
        ratio_covered += ratio.low <= 2.0 && 2.0 <= ratio.high ? 1 : 0;
    }
    // 95 % of 2000 are off by 0.5 % by chance; the t-interval of a chi-square's mean is about 1 %
    // short at 100 values.
    BOOST_TEST(std::abs(covered / double{studies} - 0.95) < 0.025);
    BOOST_TEST(std::abs(ratio_covered / double{studies} - 0.95) < 0.025);
}

BOOST_AUTO_TEST_CASE(pairs_tell_what_the_means_do_not) {
    std::vector<double> a;
    std::vector<double> b;
    drr::Rng rng({.seed = 2});
    for (int i = 0; i < 50; ++i) {
        const double common = std::exp(rng.normal());
        a.push_back(common * 1.1 * std::exp(0.02 * rng.normal()));
        b.push_back(common);
    }
    const PairedComparison c = compare_pairs(a, b);
    BOOST_TEST(std::abs(c.ratio.value - 1.1) < 0.01);
    BOOST_TEST(c.p_value < 1e-6);
    BOOST_TEST(compare_pairs(a, a).p_value == 1.0);
}

// On points the bundle's model is the truth: its own error bars have to hold, and what it predicts
// for held-out beads has to come out.
BOOST_AUTO_TEST_CASE(predictions_and_coverage_hold_on_points) {
    const test::TemporaryFolder folder;
    const Study study = test::small_study(folder.path(),
                                          "sweep: { phantom.lattice.counts: [[4, 4, 4]] "
                                          "}\nprocedures: [{ name: bundle }, { name: dlt }]\n",
                                          300);
    (void)run_study(study, folder.path() / "out");
    const StudySummary summary = summarize(StudyTrials(folder.path() / "out"));
    const ConditionSummary& bundle = summary.conditions[0];
    for (const auto& [reason, count] : bundle.reasons)
        BOOST_TEST(count == 0U, reason);
    for (const AxisSummary& axis : bundle.absolute.axes)
        BOOST_TEST((axis.over_predicted.low < 1.03 && axis.over_predicted.high > 0.97));
    for (const AxisSummary& axis : bundle.aligned.axes)
        BOOST_TEST((axis.over_predicted.low < 1.03 && axis.over_predicted.high > 0.97));
    // The interval, and 1 % for what first order and an estimated noise level leave out.
    BOOST_TEST((bundle.coverage_95.low < 0.96 && bundle.coverage_95.high > 0.94));
    BOOST_TEST(std::abs(bundle.scale_error.value) < 1e-4);
    // The DLT's eleven parameters are fitted each for itself, and its covariance knows it.
    const ConditionSummary& dlt = summary.conditions[1];
    BOOST_TEST((dlt.coverage_95.low < 0.96 && dlt.coverage_95.high > 0.94), dlt.coverage_95.value);
    BOOST_TEST(summary.outline.procedures[summary.leaderboard[0].procedure] == "bundle");
    BOOST_TEST(summary.leaderboard[1].over_best.ratio.low > 1.0);
    BOOST_TEST(summary.leaderboard[1].over_best.p_value < 1e-6);
}
