#include "mat_points.hpp"
#include "test.hpp"

#include <stereo/recon/fundamental.hpp>

#include <fmt/format.h>
#include <opencv2/calib3d.hpp>

#include <algorithm>
#include <fstream>

using namespace stereo;

namespace {

constexpr double threshold_px = 1.0;

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return 0.5 * (values[(values.size() - 1) / 2] + values[values.size() / 2]);
}

struct Pair {
    std::vector<Eigen::Vector2d> a, b;                // putative
    std::vector<Eigen::Vector2d> picked_a, picked_b;  // by hand

    explicit Pair(const std::string& name) {
        const std::filesystem::path folder = test::realdata() / "fmatrix";
        std::ifstream stream(folder / (name + "_pts.txt"));
        double u, v, one, s, t, label;
        while (stream >> u >> v >> one >> s >> t >> one >> label) {
            a.emplace_back(u, v);
            b.emplace_back(s, t);
        }
        const auto picked = test::read_mat_matches(folder / (name + "_vpts.mat"));
        for (Eigen::Index i = 0; i < picked.cols(); ++i) {
            picked_a.emplace_back(picked.col(i).head<2>() / picked(2, i));
            picked_b.emplace_back(picked.col(i).segment<2>(3) / picked(5, i));
        }
    }

    double error_px(const Eigen::Matrix3d& f) const {
        return sampson_statistics(f, picked_a, picked_b).median_px;
    }
};

Eigen::Matrix3d magsac(const Pair& pair, int seed) {
    std::vector<cv::Point2d> a, b;
    for (std::size_t i = 0; i < pair.a.size(); ++i) {
        a.emplace_back(pair.a[i].x(), pair.a[i].y());
        b.emplace_back(pair.b[i].x(), pair.b[i].y());
    }
    // What cv::USAC_MAGSAC sets, with a seed of its own.
    cv::UsacParams usac;
    usac.threshold = threshold_px;
    usac.confidence = 0.9999;
    usac.maxIterations = 10000;
    usac.randomGeneratorState = seed;
    usac.score = cv::SCORE_METHOD_MAGSAC;
    usac.loMethod = cv::LOCAL_OPTIM_SIGMA;
    usac.loIterations = 10;
    usac.loSampleSize = 50;
    cv::Mat mask;
    const cv::Mat found = cv::findFundamentalMat(a, b, mask, usac);
    Eigen::Matrix3d f = Eigen::Matrix3d::Zero();
    if (found.rows == 3)
        for (int r = 0; r < 3; ++r)
            for (int c = 0; c < 3; ++c)
                f(r, c) = found.at<double>(r, c);
    return f;
}

}  // namespace

// Over seeds, the median of the median Sampson distance of matches that were picked by hand and
// took no part in the fit: no worse than MAGSAC by itself on each pair. Matches of photographs have
// long tails, for which Student's t is there.
BOOST_AUTO_TEST_CASE(photograph_pairs_fit_no_worse_than_by_magsac_alone) {
    constexpr int seeds = 15;
    fmt::print("{:<8}{:>9}{:>9}{:>12}{:>12}   (median Sampson distance, px)\n", "pair", "matches",
               "picked", "MAGSAC", "refined");
    double mean_magsac = 0.0;
    double mean_refined = 0.0;
    for (const std::string name : {"Kyoto", "booksh", "head", "plant", "wash"}) {
        const Pair pair(name);
        BOOST_REQUIRE(pair.a.size() > 20U);
        BOOST_REQUIRE(pair.picked_a.size() >= 9U);
        std::vector<double> by_magsac, refined;
        for (int seed = 0; seed < seeds; ++seed) {
            by_magsac.push_back(pair.error_px(magsac(pair, seed)));
            const FundamentalEstimate estimate =
                estimate_fundamental(pair.a, pair.b,
                                     {.threshold_px = threshold_px,
                                      .seed = static_cast<std::uint64_t>(seed),
                                      .tails = ErrorTails::student});
            BOOST_TEST(estimate.ok);
            refined.push_back(pair.error_px(estimate.fundamental));
        }
        fmt::print("{:<8}{:>9}{:>9}{:>12.3f}{:>12.3f}\n", name, pair.a.size(), pair.picked_a.size(),
                   median(by_magsac), median(refined));
        BOOST_TEST(median(refined) <= median(by_magsac), name);
        mean_magsac += median(by_magsac) / 5.0;
        mean_refined += median(refined) / 5.0;
    }
    fmt::print("{:<26}{:>12.3f}{:>12.3f}\n", "mean", mean_magsac, mean_refined);
}
