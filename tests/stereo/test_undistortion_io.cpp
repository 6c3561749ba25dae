// Files of undistortions, and images undistorted by them.
#include "grid_points.hpp"
#include "test.hpp"
#include "text.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/calib/undistortion_fit.hpp>
#include <stereo/calib/undistortion_io.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

using namespace stereo;

namespace {

UndistortionFit fit_of(const UndistortionModel& model) {
    return fit_undistortion(test::grid_points(test::strong_distortion(), 0.05, 3).points, model,
                            test::grid_fit_options());
}

}  // namespace

BOOST_AUTO_TEST_CASE(files_read_back_to_the_same_map) {
    for (const UndistortionModel& model :
         std::vector<UndistortionModel>{{UndistortionKind::none},
                                        {UndistortionKind::brown_conrady, 3},
                                        {UndistortionKind::polynomial, 5},
                                        {UndistortionKind::thin_plate, 0, 1e-4},
                                        {UndistortionKind::local_weighted_mean, 12}}) {
        const Undistortion written = fit_of(model).undistortion;
        const std::string text = undistortion_yaml(written);
        const Undistortion read = parse_undistortion(text, "u.yaml");
        BOOST_TEST(undistortion_yaml(read) == text);
        BOOST_TEST((read.map.index() == written.map.index()));
        for (const Eigen::Vector2d& place :
             {Eigen::Vector2d(500.3, 480.2), Eigen::Vector2d(211.7, 700.1)})
            BOOST_TEST((read.distort(place)->point_px - written.distort(place)->point_px).norm() ==
                       0.0);
        BOOST_TEST(read.distort({3.0, 3.0}).has_value() == written.distort({3.0, 3.0}).has_value());
    }
}

BOOST_AUTO_TEST_CASE(malformed_files_are_refused_by_line) {
    const std::string head =
        "schema: stereodrr/undistortion/v1\nimage: { width_px: 8, height_px: 6 }\n";
    const auto error = [&](const std::string& body) {
        return test::error_of([&] { (void)parse_undistortion(head + body, "u.yaml"); });
    };
    BOOST_TEST(error("model: none\nparameters: {}\n") == "no error");
    BOOST_TEST(error("model: splines\nparameters: {}\n").find("u.yaml:3") == 0U);
    BOOST_TEST(error("model: none\nparameters: { order: 3 }\n").find("u.yaml:4: unknown key") ==
               0U);
    BOOST_TEST(error("model: none\nparameters: {}\nfield_px: [1, 2, 3]\n").find("u.yaml:5") == 0U);
    BOOST_TEST(error("model: polynomial\nparameters: { order: 1, center_px: [4, 3], radius_px: 4, "
                     "coefficients_px: [1, 2, 3, 4] }\n")
                   .find("u.yaml:4") == 0U);
    BOOST_TEST(error("model: polynomial\nparameters: { order: 1, center_px: [4, 3], radius_px: 0, "
                     "coefficients_px: [1, 2, 3, 4, 5, 6] }\n")
                   .find("u.yaml:4") == 0U);
    BOOST_TEST(
        error("model: local_weighted_mean\nparameters: { nodes_px: [1, 2], radii_px: [1, 2], "
              "coefficients_px: [1, 2] }\n")
            .find("u.yaml:4") == 0U);
}

// By hand: an image of 3 x 2 whose content is seen half a pixel further right and a row lower.
BOOST_AUTO_TEST_CASE(a_lut_maps_undistorted_to_distorted_pixels) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "c_LUT.csv";
    drr::write_file(path, "0.5,1.5,2.5\n0.5,1.5,2.5\n1,1,1\n2,2,2\n");
    const Undistortion read = read_lut(path);
    BOOST_TEST(read.width_px == 3);
    BOOST_TEST(read.height_px == 2);
    const auto seen = read.distort({1.25, 0.5});
    BOOST_TEST_REQUIRE(seen.has_value());
    BOOST_TEST((seen->point_px - Eigen::Vector2d(1.75, 1.5)).norm() < 1e-12);
    const auto back = read.undistort({1.75, 1.5});
    BOOST_TEST_REQUIRE(back.has_value());
    BOOST_TEST((back->point_px - Eigen::Vector2d(1.25, 0.5)).norm() < 1e-9);
    write_lut(path, read);
    BOOST_TEST(drr::read_text_file(path) ==
               "0.5000,1.5000,2.5000\n0.5000,1.5000,2.5000\n1.0000,1.0000,1.0000\n2.0000,2.0000,"
               "2.0000\n");
    const auto error = [&](const std::string& text) {
        drr::write_file(path, text);
        return test::error_of([&] { (void)read_lut(path); });
    };
    BOOST_TEST(error("1,2\n1,2,3\n1,2\n1,2\n").find("c_LUT.csv:2: 2 columns") != std::string::npos);
    BOOST_TEST(error("1,2\n1,x\n1,2\n1,2\n").find("c_LUT.csv:2: 'x' is not") != std::string::npos);
    BOOST_TEST(error("1,2\n1,nan\n1,2\n1,2\n").find("c_LUT.csv:2: 'nan'") != std::string::npos);
    BOOST_TEST(error("1,2\n1,2\n1,2\n").find("3 rows of 2 columns") != std::string::npos);
    BOOST_TEST(error("").find("two tables") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_lut_is_its_model_at_pixels) {
    // Four decimals in the file, and in a cell what is not bilinear: second derivatives are below
    // 1e-3 / px.
    constexpr double tolerance_px = 5e-4;
    const Undistortion model = fit_of({UndistortionKind::polynomial, 5}).undistortion;
    const test::TemporaryFolder folder;
    write_lut(folder.path() / "c_LUT.csv", model);
    const Undistortion table = read_lut(folder.path() / "c_LUT.csv");
    drr::Rng rng({.seed = 9, .purpose = drr::RngPurpose::test});
    int inside = 0;
    for (int k = 0; k < 300; ++k) {
        const Eigen::Vector2d place(rng.uniform(0.0, 1023.0), rng.uniform(0.0, 1023.0));
        const auto by_model = model.distort(place);
        const auto by_table = table.distort(place);
        if (!by_model || !by_table) continue;
        ++inside;
        BOOST_TEST((by_model->point_px - by_table->point_px).norm() < tolerance_px);
        const auto back = table.undistort(by_table->point_px);
        BOOST_TEST_REQUIRE(back.has_value());
        BOOST_TEST((back->point_px - place).norm() < 1e-6);
    }
    BOOST_TEST(inside > 150);
    BOOST_CHECK_THROW((void)undistortion_yaml(table), drr::Error);
}

// A spot where a point is seen comes to where a pinhole sees it.
BOOST_AUTO_TEST_CASE(undistorted_images_show_points_at_their_place) {
    const Undistortion model = fit_of({UndistortionKind::polynomial, 7}).undistortion;
    const Eigen::Vector2d place(300.0, 260.0);
    const Eigen::Vector2d seen = model.distort(place)->point_px;
    drr::Image<float> image(test::grid_size_px, test::grid_size_px);
    for (int v = 0; v < image.height(); ++v)
        for (int u = 0; u < image.width(); ++u)
            image(u, v) =
                static_cast<float>(std::exp(-(Eigen::Vector2d(u, v) - seen).squaredNorm() / 18.0));
    const drr::Image<float> undistorted = undistort_image(image, lookup_map(model));
    Eigen::Vector2d sum = Eigen::Vector2d::Zero();
    double weight = 0.0;
    for (int v = 240; v < 281; ++v)
        for (int u = 280; u < 321; ++u) {
            sum += undistorted(u, v) * Eigen::Vector2d(u, v);
            weight += undistorted(u, v);
        }
    BOOST_TEST((sum / weight - place).norm() < 0.01);  // the map bends within the spot
    BOOST_TEST(undistorted(2, 2) == 0.0F);
    BOOST_CHECK_THROW((void)undistort_image(drr::Image<float>(5, 5), lookup_map(model)),
                      drr::Error);
}
