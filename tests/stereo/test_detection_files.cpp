#include "test.hpp"
#include "text.hpp"

#include <drr/core/error.hpp>
#include <stereo/detect/detections_io.hpp>
#include <stereo/detect/xmalab_points.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace stereo;

BOOST_AUTO_TEST_CASE(detections_round_trip) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.beads.csv";
    BeadDetection bead;
    bead.center_px = {12.3456, 7.0001};
    bead.radius_px = 3.25;
    bead.contrast = 0.5;
    bead.covariance_px2 << 0.0004, -0.0002, -0.0002, 0.0009;
    bead.flags = bead_overlapped | bead_saturated;
    BeadDetection other = bead;
    other.flags = bead_ok;
    write_detections(path, {"a.tif", {bead, other}, {"12", ""}});
    const ImageDetections back = read_detections(path);
    BOOST_TEST(back.image == "a.tif");
    BOOST_REQUIRE(back.beads.size() == 2U);
    BOOST_TEST((back.markers == std::vector<std::string>{"12", ""}));
    BOOST_TEST((back.beads[0].center_px - bead.center_px).norm() < 1e-4);
    // Written with seven digits.
    BOOST_TEST((back.beads[0].covariance_px2 - bead.covariance_px2).norm() < 1e-9);
    BOOST_TEST(back.beads[0].flags == bead.flags);

    std::ofstream(path) << "image,bead\n";
    BOOST_TEST(test::error_of([&] {
                   (void)read_detections(path);
               }).find("a.beads.csv:1: the header") != std::string::npos);
    const std::string header =
        "image,bead,marker,x_px,y_px,radius_px,contrast,var_x_px2,cov_xy_px2,var_y_px2,flags\n";
    const auto error_with = [&](const std::string& line) {
        std::ofstream(path) << header << line << '\n';
        return test::error_of([&] { (void)read_detections(path); });
    };
    BOOST_TEST(error_with("a,1,,nan,2,3,4,5,0,6,ok").find("2: 'nan' is not a finite number") !=
               std::string::npos);
    BOOST_TEST(error_with("a,1,,1,2,3,4,5,9,6,ok").find("no covariance") != std::string::npos);
    BOOST_TEST(error_with("a,1,,1,2,3,4,5,0,6,okay").find("unknown flag 'okay'") !=
               std::string::npos);
    BOOST_TEST(error_with("a,1,,1,2,3").find("11 columns were expected, not 6") !=
               std::string::npos);
}

// Numbers worked out by hand from the format's description.
BOOST_AUTO_TEST_CASE(xmalab_points_round_trip) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "points.csv";
    TrackedPoints points;
    points.markers = {"a", "b"};
    points.cameras = 2;
    points.frames = {{Eigen::Vector2d(10.5, 20.25), std::nullopt, Eigen::Vector2d(0.0, 99.0),
                      Eigen::Vector2d(3.0, 4.0)}};
    const auto text_of = [&](const XmalabPixels& pixels) {
        write_xmalab_points(path, points, pixels);
        std::ifstream stream(path);
        return std::string(std::istreambuf_iterator<char>(stream), {});
    };
    const std::string header =
        "a_cam1_X,a_cam1_Y,a_cam2_X,a_cam2_Y,b_cam1_X,b_cam1_Y,b_cam2_X,b_cam2_Y\n";
    BOOST_TEST(text_of({}) == header +
                                  "10.500000,20.250000,NaN,NaN,0.000000,99.000000,3.000000,"
                                  "4.000000\n");
    // The last of 100 rows becomes the first, which is number 1.
    BOOST_TEST(text_of({1.0, 100}) == header +
                                          "11.500000,79.750000,NaN,NaN,1.000000,1.000000,4.000000,"
                                          "96.000000\n");
    const TrackedPoints back = read_xmalab_points(path, {1.0, 100});
    BOOST_TEST((back.markers == points.markers));
    BOOST_TEST(back.cameras == 2);
    BOOST_TEST((back.frames == points.frames));

    const auto error_with = [&](const std::string& text) {
        std::ofstream(path) << text;
        return test::error_of([&] { (void)read_xmalab_points(path); });
    };
    BOOST_TEST(error_with("").find("the file is empty") != std::string::npos);
    BOOST_TEST(error_with("x,y,z\n").find("_cam1_X") != std::string::npos);
    BOOST_TEST(error_with("a_cam1_X,a_cam1_Y,b_cam1_X,b_cam2_Y\n").find("expected 'b_cam1_Y'") !=
               std::string::npos);
    BOOST_TEST(error_with(header + "1,2\n").find("points.csv:2: 8 cells were expected, found 2") !=
               std::string::npos);
    BOOST_TEST(error_with("a_cam1_X,a_cam1_Y\n1,NaN\n").find("must be finite, or NaN") !=
               std::string::npos);
}
