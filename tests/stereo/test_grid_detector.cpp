// Rendered undistortion grids of 500 and more points against the truth.
#include "grid_scene.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/grid/grid_detector.hpp>

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <string>
#include <vector>

using namespace stereo;

namespace {

const Eigen::Vector2d middle_px = Eigen::Vector2d::Constant(0.5 * (test::grid_image_px - 1));

// 8 % larger and 6 degrees turned at the rim.
drr::IntensifierDistortion distortion() {
    return {middle_px + Eigen::Vector2d(8.0, -5.0), 500.0, 0.08, 0.1};
}

struct Score {
    int whole = 0;                ///< points of the grid in the field, not cut by its border
    int found = 0;                ///< ... indexed
    int cut = 0;                  ///< indexed ones that the field's border cuts
    int others = 0;               ///< indexed points that are none of these
    double worst_cut_pull = 0.0;  ///< error of a cut one along an axis over its claimed sd
    int ok = 0;                   ///< found ones without flags
    // Of the ok ones, per axis, after the similarity that fits best: where a distortion bends, a
    // round point's shadow is not centred on the image of its centre, and to the leading order of a
    // distortion with rotational symmetry that is a similarity, which undistortion leaves open.
    double rms_px = 0.0;
    double worst_px = 0.0;
    double pull = 0.0;       ///< RMS of errors over claimed standard deviations
    double growth_px = 0.0;  ///< of the similarity at the rim of the field
    double shift_px = 0.0;   ///< of the similarity at the middle
};

Score score(const test::GridImage& image, const GridDetection& grid, double field_radius_px,
            double point_radius_px) {
    Score result;
    std::vector<bool> used(grid.points.size(), false);
    std::vector<Eigen::Vector2d> places;
    std::vector<Eigen::Vector2d> errors;
    std::vector<Eigen::Vector2d> deviations;
    for (const Eigen::Vector2d& truth : image.distorted_px) {
        const bool whole = (truth - middle_px).norm() + point_radius_px < field_radius_px;
        result.whole += whole;
        for (std::size_t i = 0; i < grid.points.size(); ++i) {
            const BeadDetection& bead = grid.points[i].bead;
            const Eigen::Vector2d error = bead.center_px - truth;
            if (error.norm() > 3.0) continue;
            used[i] = true;
            if (!whole) {
                ++result.cut;
                result.worst_cut_pull =
                    std::max(result.worst_cut_pull,
                             error.cwiseAbs()
                                 .cwiseQuotient(bead.covariance_px2.diagonal().cwiseSqrt())
                                 .maxCoeff());
                continue;
            }
            ++result.found;
            if (bead.flags != bead_ok) continue;
            places.emplace_back(truth - middle_px);
            errors.push_back(error);
            deviations.emplace_back(bead.covariance_px2.diagonal().cwiseSqrt());
        }
    }
    result.others = static_cast<int>(std::count(used.begin(), used.end(), false));
    result.ok = static_cast<int>(errors.size());
    // error = (a x - b y + c, b x + a y + d)
    Eigen::Matrix4d normal = Eigen::Matrix4d::Zero();
    Eigen::Vector4d right = Eigen::Vector4d::Zero();
    const auto rows = [](const Eigen::Vector2d& p) {
        Eigen::Matrix<double, 2, 4> m;
        m << p.x(), -p.y(), 1.0, 0.0, p.y(), p.x(), 0.0, 1.0;
        return m;
    };
    for (std::size_t i = 0; i < errors.size(); ++i) {
        normal += rows(places[i]).transpose() * rows(places[i]);
        right += rows(places[i]).transpose() * errors[i];
    }
    const Eigen::Vector4d similarity = normal.ldlt().solve(right);
    for (std::size_t i = 0; i < errors.size(); ++i) {
        const Eigen::Vector2d error = errors[i] - rows(places[i]) * similarity;
        result.rms_px += error.squaredNorm();
        result.worst_px = std::max(result.worst_px, error.norm());
        result.pull += error.cwiseQuotient(deviations[i]).squaredNorm();
    }
    result.rms_px = std::sqrt(result.rms_px / (2.0 * result.ok));
    result.pull = std::sqrt(result.pull / (2.0 * result.ok));
    result.growth_px = field_radius_px * similarity[0];
    result.shift_px = similarity.tail<2>().norm();
    return result;
}

void print(const char* name, const GridDetection& grid, const Score& s) {
    std::cout << name << ": " << grid.summary << "\n    " << s.found << " of " << s.whole
              << " whole, " << s.cut << " cut ones (worst " << s.worst_cut_pull << " sd), "
              << s.others << " others, " << s.ok << " ok; RMS " << s.rms_px << " px, worst "
              << s.worst_px << " px, error/sd " << s.pull << "; shift " << s.shift_px
              << " px, growth at the rim " << s.growth_px << " px" << std::endl;
}

/// Indices of the sites seen, against the pattern: neighbours in the index are neighbours in truth.
void check_indices(const test::GridImage& image, const GridDetection& grid, double pitch_px) {
    // Undistorted places of points, by the nearest truth.
    std::vector<Eigen::Vector2d> undistorted;
    for (const GridPoint& point : grid.points) {
        const auto nearest = std::min_element(image.distorted_px.begin(), image.distorted_px.end(),
                                              [&](const auto& a, const auto& b) {
                                                  return (a - point.bead.center_px).norm() <
                                                         (b - point.bead.center_px).norm();
                                              });
        undistorted.push_back(
            image.undistorted_px[static_cast<std::size_t>(nearest - image.distorted_px.begin())]);
    }
    for (std::size_t i = 0; i < grid.points.size(); ++i) {
        const std::size_t other = (7 * i + 3) % grid.points.size();
        const double distance = (grid_position(grid.kind, grid.points[i].site) -
                                 grid_position(grid.kind, grid.points[other].site))
                                    .norm();
        BOOST_TEST(std::abs((undistorted[i] - undistorted[other]).norm() - pitch_px * distance) <
                   0.1 * pitch_px);
    }
}

// Radii of shadows, 25 % larger at the rim, and 2 px of blur; detect_beads() calls clipped what
// comes within 3 px of the field's border.
constexpr double bead_reach_px = 11.3;
constexpr double hole_reach_px = 14.6;
// RMS per axis: the noise's 0.01 px, and half as much where the similarity does not follow what
// the fifth order of the distortion does to round points.
constexpr double most_rms_px = 0.015;
constexpr double pitch_px = 12.0 / 0.3 * 1000.0 / 992.0;

}  // namespace

BOOST_AUTO_TEST_CASE(beads_of_a_distorted_grid_are_found_and_indexed) {
    test::GridScene scene = test::bead_grid();
    scene.distortion = distortion();
    scene.turn_rad = 0.12;
    scene.shift_mm = {1.7, -2.3};
    const test::GridImage image = test::render(scene);
    GridDetectorOptions options;
    options.points = BeadDetectorOptions{.diameter_px = 10.0};
    const GridDetection grid = detect_grid(image.pixels, options);
    BOOST_REQUIRE(grid.ok);
    BOOST_TEST((grid.kind == GridKind::hexagonal));
    const Score s = score(image, grid, scene.field_radius_px, bead_reach_px);
    print("beads", grid, s);
    BOOST_TEST(s.whole > 450);
    BOOST_TEST(s.found >= s.whole - 1);
    BOOST_TEST(s.others == 0);
    BOOST_TEST(s.worst_cut_pull < 4.0);  // cut ones know that they are worse
    check_indices(image, grid, pitch_px);
    BOOST_TEST(s.rms_px < most_rms_px);
    BOOST_TEST(s.pull < 1.5);
}

BOOST_AUTO_TEST_CASE(holes_of_a_perforated_sheet_are_found_without_bias) {
    for (const bool hexagonal : {true, false}) {
        test::GridScene scene = test::perforated_sheet(hexagonal);
        scene.distortion = distortion();
        scene.turn_rad = 0.2;
        const test::GridImage image = test::render(scene);
        GridDetectorOptions options;
        options.points = HoleDetectorOptions{.diameter_px = 20.0};
        const GridDetection grid = detect_grid(image.pixels, options);
        BOOST_REQUIRE(grid.ok);
        BOOST_TEST((grid.kind == (hexagonal ? GridKind::hexagonal : GridKind::square)));
        const Score s = score(image, grid, scene.field_radius_px, hole_reach_px);
        print("holes", grid, s);
        BOOST_TEST(s.found >= s.whole - 1);
        check_indices(image, grid, pitch_px);
        BOOST_TEST(s.rms_px < most_rms_px);
        BOOST_TEST(s.pull < 1.3);
    }
}

BOOST_AUTO_TEST_CASE(grid_file) {
    GridDetection grid;
    grid.kind = GridKind::square;
    grid.points.push_back({{-2, 3}, {}});
    grid.points[0].bead.center_px = {10.5, 20.25};
    grid.points[0].bead.covariance_px2 << 0.0004, 0.0, 0.0, 0.0009;
    grid.points[0].bead.radius_px = 5.0;
    grid.points[0].bead.contrast = 0.5;
    grid.points[0].bead.flags = bead_clipped;
    const test::TemporaryFolder folder;
    write_grid(folder.path() / "g.csv", grid);
    BOOST_TEST(drr::read_text_file(folder.path() / "g.csv") ==
               "grid,i,j,x_px,y_px,sd_x_px,sd_y_px,radius_px,contrast,flags\n"
               "square,-2,3,10.5000,20.2500,0.02000,0.03000,5.0000,0.50000,clipped\n");
    GridDetectorOptions options;
    options.points = HoleDetectorOptions{.diameter_px = -1.0};
    BOOST_CHECK_THROW((void)detect_grid(drr::Image<float>(64, 64), options), drr::Error);
}

BOOST_AUTO_TEST_CASE(an_image_without_grid_is_reported) {
    GridDetectorOptions options;
    options.points = BeadDetectorOptions{.diameter_px = 10.0};
    const GridDetection grid = detect_grid(drr::Image<float>(128, 128, 100.0F), options);
    BOOST_TEST(!grid.ok);
    BOOST_TEST(grid.summary.find("no grid: 0 of 0 points") == 0U);
}
