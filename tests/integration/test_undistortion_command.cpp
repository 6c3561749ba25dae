// The commands `grid --model` and `undistort` on a rendered grid before an intensifier whose
// distortion is known.
#include "grid_points.hpp"
#include "grid_scene.hpp"
#include "tool_folder.hpp"

#include <drr/core/file_io.hpp>
#include <drr/imaging/image_io.hpp>
#include <stereo/calib/undistortion_io.hpp>
#include <stereo/detect/detections_io.hpp>

#include <Eigen/Geometry>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

class Laboratory : public test::ToolFolder {
  public:
    Laboratory() {
        test::GridScene scene = test::bead_grid();
        scene.distortion = test::strong_distortion();
        image_ = test::render(scene);
        drr::Image<std::uint16_t> picture(image_.pixels.width(), image_.pixels.height());
        std::transform(image_.pixels.pixels().begin(), image_.pixels.pixels().end(),
                       picture.pixels().begin(),
                       [](float grey) { return static_cast<std::uint16_t>(grey); });
        drr::write_grey_image(path() / "plate.png", picture);
        // Where the beads are seen, as `detect` would write it.
        stereo::ImageDetections seen{"plate.png", {}, {}};
        for (const auto& pixel : image_.distorted_px) {
            stereo::BeadDetection bead;
            bead.center_px = pixel;
            bead.radius_px = 5.0;
            bead.covariance_px2 = 1e-4 * Eigen::Matrix2d::Identity();
            seen.beads.push_back(bead);
        }
        stereo::write_detections(path() / "plate.beads.csv", seen);
    }
    [[nodiscard]] const test::GridImage& image() const { return image_; }

  private:
    test::GridImage image_;
};

const Laboratory& laboratory() {
    static const Laboratory here;
    return here;
}

// Runs what has to end with this code and this in its error.
void fails(const std::string& arguments, int code, const std::string& error) {
    const test::ToolRun run = laboratory().run(arguments);
    BOOST_TEST(run.code == code, arguments);
    BOOST_TEST(run.err.find(error) != std::string::npos, run.err);
}

// RMS of one axis of what is left after the similarity that undistortion leaves open, over the
// beads that the file has; those left out are the last of their neighbours in no order of ours, so
// that places are matched by where the distortion puts them.
double error_px(const Laboratory& lab, const stereo::Undistortion& undistortion,
                const stereo::ImageDetections& found, std::size_t& count) {
    std::vector<Eigen::Vector2d> right;
    for (std::size_t i = 0; i < lab.image().distorted_px.size(); ++i)
        if (undistortion.undistort(lab.image().distorted_px[i]))
            right.push_back(lab.image().undistorted_px[i]);
    BOOST_REQUIRE(right.size() == found.beads.size());
    count = right.size();
    Eigen::Matrix2Xd from(2, static_cast<Eigen::Index>(count));
    Eigen::Matrix2Xd to(2, static_cast<Eigen::Index>(count));
    for (std::size_t i = 0; i < count; ++i) {
        from.col(static_cast<Eigen::Index>(i)) = found.beads[i].center_px;
        to.col(static_cast<Eigen::Index>(i)) = right[i];
    }
    const Eigen::Matrix3d similarity = Eigen::umeyama(from, to);
    const Eigen::Matrix2Xd off = (similarity.topLeftCorner<2, 2>() * from).colwise() +
                                 similarity.topRightCorner<2, 1>() - to;
    return std::sqrt(off.squaredNorm() / (2.0 * static_cast<double>(count)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_grid_undistorts_its_own_points_by_the_model_asked_for) {
    const Laboratory& lab = laboratory();
    lab.succeed("grid plate.png --diameter-px 10 --model polynomial:7 --lut -o grid");
    const auto report = nlohmann::json::parse(lab.text("grid/grid.json"));
    BOOST_TEST(report.at("options").at("model").get<std::string>() == "polynomial:7");
    const auto& choice = report.at("images").at(0).at("undistortion");
    BOOST_TEST(choice.at("model").get<std::string>() == "polynomial of order 7");
    BOOST_TEST(choice.at("candidates").size() == 1U);
    // docs/undistortion.md: 0.0074 px
    BOOST_TEST(choice.at("candidates").at(0).at("residuals_rms_px").get<double>() < 0.012);

    lab.succeed(
        "undistort grid/plate.undistortion.yaml --images plate.png --points plate.beads.csv --lut "
        "-o flat");
    const auto undistortion =
        stereo::read_undistortion(lab.path() / "grid/plate.undistortion.yaml");
    const auto found = stereo::read_detections(lab.path() / "flat/plate.undistorted.beads.csv");
    std::size_t count = 0;
    const double error = error_px(lab, undistortion, found, count);
    BOOST_TEST(count > 400U);
    // Over the field 0.0012 px (docs/undistortion.md); some of these lie at its very border.
    BOOST_TEST(error < 0.01);
    // A bead's covariance went through the map.
    BOOST_TEST(found.beads[0].covariance_px2(0, 0) != 1e-4);
    const drr::GreyImage flat = drr::read_grey_image(lab.path() / "flat/plate.undistorted.png");
    BOOST_TEST(flat.bits == 16);
    BOOST_TEST(flat.pixels.width() == lab.image().pixels.width());

    // The table of either command says the same, to its four decimals and the interpolation between
    // pixels.
    for (const std::string table : {"grid/plate_LUT.csv", "flat/plate_LUT.csv"}) {
        lab.succeed("undistort " + table + " --points plate.beads.csv -o table");
        const auto by_table =
            stereo::read_detections(lab.path() / "table/plate.undistorted.beads.csv");
        BOOST_TEST(by_table.beads.size() + 20U > found.beads.size());
        const auto& a = by_table.beads[by_table.beads.size() / 2].center_px;
        double nearest = 1e9;
        for (const auto& bead : found.beads)
            nearest = std::min(nearest, (bead.center_px - a).norm());
        BOOST_TEST(nearest < 1e-3);
    }
}

BOOST_AUTO_TEST_CASE(pages_of_a_stack_are_images_of_their_own) {
    const Laboratory& lab = laboratory();
    const cv::Mat plate = cv::imread((lab.path() / "plate.png").string(), cv::IMREAD_UNCHANGED);
    std::vector<cv::Mat> pages{plate, plate / 2};
    BOOST_REQUIRE(cv::imwritemulti((lab.path() / "two.tif").string(), pages));
    BOOST_REQUIRE(cv::imwrite((lab.path() / "plate.tif").string(), pages[1]));
    lab.succeed("grid two.tif --diameter-px 10 --model polynomial:5 -o two");
    const auto report = nlohmann::json::parse(lab.text("two/grid.json"));
    BOOST_TEST(report.at("images").at(1).at("image") == "two.tif page 2");
    // Images of one name but for the type do not overwrite each other.
    lab.succeed(
        "undistort two/two_1.undistortion.yaml --images two.tif plate.png plate.tif -o pages");
    BOOST_TEST((lab.text("pages/two.tif_1.undistorted.png") ==
                lab.text("pages/plate.png.undistorted.png")));
    BOOST_TEST((lab.text("pages/two.tif_2.undistorted.png") ==
                lab.text("pages/plate.tif.undistorted.png")));
}

BOOST_AUTO_TEST_CASE(each_model_can_be_asked_for_and_a_poor_one_shows) {
    const Laboratory& lab = laboratory();
    const auto residuals = [&](const std::string& model) {
        lab.succeed("grid plate.png --diameter-px 10 --model " + model + " -o one");
        return nlohmann::json::parse(lab.text("one/grid.json"))
            .at("images")
            .at(0)
            .at("undistortion")
            .at("candidates")
            .at(0)
            .at("residuals_rms_px")
            .get<double>();
    };
    // The table of docs/undistortion.md, half and twice.
    BOOST_TEST(residuals("none") > 4.0);
    const double brown = residuals("brown_conrady:3");
    BOOST_TEST(brown > 3.0);
    BOOST_TEST(brown < 13.0);
    BOOST_TEST(residuals("thin_plate:0") < 1e-6);
    BOOST_TEST(residuals("local_weighted_mean:12") < 0.02);
    for (const std::string wrong : {"cubic:3", "polynomial", "polynomial:2.5", "polynomial:x"}) {
        fails("grid plate.png --diameter-px 10 --model " + wrong + " -o one", 2,
              "found '" + wrong + "'");
    }
}

BOOST_AUTO_TEST_CASE(images_of_another_size_and_broken_files_are_refused) {
    const Laboratory& lab = laboratory();
    lab.succeed("grid plate.png --diameter-px 10 --model polynomial:3 -o three");
    drr::write_grey_image(lab.path() / "small.png", drr::Image<std::uint8_t>(64, 64));
    fails("undistort three/plate.undistortion.yaml --images small.png -o x", 2,
          "the image has 64 x 64 px");
    drr::write_file(lab.path() / "broken.yaml",
                    "schema: stereodrr/undistortion/v1\nimage: { width_px: 10, height_px: 10 }\n"
                    "model: cubic\nparameters: {}\n");
    fails("undistort broken.yaml -o x", 3, "broken.yaml:3: ");
    fails("undistort absent.yaml -o x", 4, "absent.yaml");
}
