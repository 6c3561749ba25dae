#include "calibration_case.hpp"
#include "test.hpp"
#include "text.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/calib/calibration_json.hpp>
#include <stereo/calib/observations_io.hpp>

using namespace stereo;

namespace {

template <class Read>
std::string error_of(const Read& read) {
    try {
        read();
    } catch (const drr::Error& error) {
        BOOST_TEST((error.code() == drr::ErrorCode::invalid_file));
        return error.what();
    }
    return "no error";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_calibration_reads_back) {
    auto c = test::calibration_case({.angle_deg = 30.0, .poses = 3});
    drr::Rng rng({.seed = 1});
    c.add_noise(0.05, rng);
    const Calibration written = calibrate(Procedure::bundle, c.observations);
    const std::string text = calibration_json(written);
    const Calibration read = parse_calibration(text, "c.json");
    BOOST_TEST((read.covariance == written.covariance));
    BOOST_TEST((read.parameters == written.parameters));
    BOOST_TEST(read.sigma0 == written.sigma0);
    BOOST_TEST(read.views[1].pinhole.fx_px == written.views[1].pinhole.fx_px);
    BOOST_TEST(
        (read.views[1].view_from_world.matrix34() - written.views[1].view_from_world.matrix34())
            .norm() < 1e-12);
    BOOST_TEST(read.summary == written.summary);
    // A file from before the length was estimated.
    BOOST_TEST(parse_calibration(test::replaced(text, "\"correlation_length_mm\": 0.0,", ""), "c")
                   .correlation_length_mm == 0.0);
    BOOST_TEST(parse_calibration(test::replaced(text, "\"correlation_length_mm\": 0.0",
                                                "\"correlation_length_mm\": 7.5"),
                                 "c")
                   .correlation_length_mm == 7.5);

    const auto error = [](const std::string& bad) {
        return error_of([&] { (void)parse_calibration(bad, "c.json"); });
    };
    BOOST_TEST(error(test::replaced(text, "calibration/v1", "calibration/v2"))
                   .starts_with("c.json: schema 'stereodrr/calibration/v1' was expected"));
    BOOST_TEST(error(test::replaced(text, "\"rms_px\"", "\"rms\"")) ==
               "c.json: key 'rms_px' is missing");
    BOOST_TEST(error(test::replaced(text, "\"width_px\": 1024", "\"width_px\": 10.5")) ==
               "c.json: views[0]: 'width_px' must be a whole number");
    BOOST_TEST(error(test::replaced(text, "view0.turn_x_rad", "view0.turn_w_rad")) ==
               "c.json: unknown parameter 'view0.turn_w_rad'");
    BOOST_TEST(error(test::replaced(text, "\"ok\"", "\"extra\": 1, \"ok\"")) ==
               "c.json: unknown key 'extra'");
    BOOST_TEST(error(text.substr(0, text.size() / 2)).starts_with("c.json: not JSON, at byte"));
}

BOOST_AUTO_TEST_CASE(observations_are_read_by_name) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "o.csv";
    const auto read = [&](const std::string& text) {
        drr::write_file(path, text);
        return read_observations(path, {{"7", 0}, {"b08", 1}});
    };
    const std::string header = "pose,view,bead,x_px,y_px,sd_px,radius_px,flags\n";
    const Observations o = read(header +
                                "0,0,7,1.5,2.5,0.1,8,ok\n2,1,b08,3,4,0.2,8,low_contrast\n"
                                "0,0,,9,9,0.1,8,ok\n0,1,7,9,9,0.1,8,overlapped+irregular\n");
    BOOST_TEST(o.items.size() == 2U);
    BOOST_TEST(o.pose_count == 3);
    BOOST_TEST(o.view_count == 2);
    BOOST_TEST(o.items[1].marker == 1);
    BOOST_TEST((o.items[1].pixel == Eigen::Vector2d(3.0, 4.0)));
    BOOST_TEST(o.items[1].sd_px == 0.2);
    const auto error = [&](const std::string& text) {
        return error_of([&] { (void)read(text); }).substr(folder.path().string().size() + 1);
    };
    BOOST_TEST(error(header + "0,0,9,1,2,0.1,8,ok\n") == "o.csv:2: the phantom has no bead '9'");
    BOOST_TEST(error(header + "0,0,7,nan,2,0.1,8,ok\n") ==
               "o.csv:2: x_px: 'nan' is not a finite number");
    BOOST_TEST(error(header + "0,0,7,1\n") == "o.csv:2: 8 columns were expected, not 4");
    BOOST_TEST(error("pose,view\n") == "o.csv:1: column 'bead' is missing from the header");
    BOOST_TEST(error(header) == "o.csv:1: no named bead that can be trusted");
}

BOOST_AUTO_TEST_CASE(observations_are_written_as_they_are_read) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "o.csv";
    const std::vector<ObservedBead> beads{{0, 1, "7", {1.25, 2.5}, 0.125, "ok"},
                                          {0, 1, "", {9.0, 9.0}, 0.1, "ok"},
                                          {3, 0, "b08", {3.0, 4.0}, 0.25, "low_contrast"},
                                          {3, 0, "7", {3.0, 4.0}, 0.25, "clipped"}};
    drr::write_file(path, observations_csv(beads));
    const NamedObservations read = read_observations(path);
    BOOST_TEST(read.names == (std::vector<std::string>{"7", "b08"}),
               boost::test_tools::per_element());
    const auto& items = read.observations.items;
    BOOST_REQUIRE(items.size() == 2U);
    BOOST_TEST(items[0].view == 1);
    BOOST_TEST((items[0].pixel == Eigen::Vector2d(1.25, 2.5)));
    BOOST_TEST(items[0].sd_px == 0.125);
    BOOST_TEST(items[1].pose == 3);
    BOOST_TEST(items[1].marker == 1);
    BOOST_CHECK_THROW((void)observations_csv(std::vector<ObservedBead>{{0, 0, "a,b", {}, 1.0}}),
                      drr::Error);
}
