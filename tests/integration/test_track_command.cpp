// The command `stereodrr track` on radiographs of two bones that are known: rendered by `scene`,
// detected by `detect`, scored against markers.csv and truth.json.
#include "track_laboratory.hpp"

#include <stereo/detect/detections_io.hpp>
#include <stereo/detect/xmalab_points.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace track_command;

namespace {

/// The true name of each track, from points2d.csv: the same one at each sighting, or "".
std::vector<std::string> true_names(const Laboratory& lab, const std::string& name) {
    const stereo::TrackedPoints points =
        stereo::read_xmalab_points(lab.path() / name / "tracks/points2d.csv");
    // Shadows are fitted within 0.1 px and lie 6 px wide beside each other.
    constexpr double same_px = 0.5;
    std::vector<std::string> names(points.markers.size());
    std::vector<bool> steady(names.size(), true);
    for (std::size_t f = 0; f < points.frames.size(); ++f)
        for (std::size_t view = 0; view < 2; ++view) {
            const auto truth = lab.markers(name, f, view);
            for (std::size_t m = 0; m < names.size(); ++m) {
                const auto& seen = points.frames[f][2 * m + view];
                if (!seen) continue;
                const auto marker = std::find_if(
                    truth.begin(), truth.end(),
                    [&](const TrueMarker& one) { return (one.pixel - *seen).norm() < same_px; });
                if (marker == truth.end() || (!names[m].empty() && names[m] != marker->name))
                    steady[m] = false;
                else
                    names[m] = marker->name;
            }
        }
    for (std::size_t m = 0; m < names.size(); ++m)
        if (!steady[m]) names[m].clear();
    return names;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_track_is_one_bead_in_all_frames_and_views) {
    for (const std::string name : {"late", "sync"}) {
        const auto names = true_names(laboratory(), name);
        BOOST_TEST(names.size() == 12U);
        const std::set<std::string> distinct(names.begin(), names.end());
        BOOST_TEST(distinct.size() == 12U, name);
        BOOST_TEST(!distinct.contains(""), name);
        const Json tracks = laboratory().tracks(name);
        const auto sightings = 24U * tracks["frames"].size();
        BOOST_TEST(tracks["certain"].get<std::size_t>() + tracks["ambiguous"].get<std::size_t>() ==
                   sightings);
        // Some shadows meet; none other is in doubt.
        BOOST_TEST(tracks["ambiguous"].get<std::size_t>() <= sightings / 100);
        // Bodies are not mixed.
        for (const Json& body : tracks["bodies"]) {
            std::set<std::string> clusters;
            for (const Json& bead : body["beads"]) {
                const std::string number = bead["name"].get<std::string>().substr(1);
                const std::string& marker = names.at(std::stoul(number) - 1);
                clusters.insert(marker.substr(0, marker.rfind(' ')));
            }
            BOOST_TEST(clusters.size() == 1U);
        }
    }
}

// The residual that two cameras at once do not have is the second camera's delay: 2 ms of a bone
// that moves by 0.2 m/s.
BOOST_AUTO_TEST_CASE(a_late_camera_shows_in_the_residual_of_what_moves) {
    for (const std::string name : {"late", "sync"}) {
        const Json tracks = laboratory().tracks(name);
        for (std::size_t f = 0; f < sync_frames; ++f) {
            std::vector<double> rms_px;
            for (const auto& [body, sample] : tracks["frames"][f]["bodies"].items())
                rms_px.push_back(sample["rms_px"]);
            BOOST_REQUIRE(rms_px.size() == 2U);
            std::sort(rms_px.begin(), rms_px.end());
            constexpr double noise_px = 0.06;  // twice what the detections claim
            BOOST_TEST(rms_px[0] < noise_px);
            BOOST_TEST((rms_px[1] < noise_px) == (name == "sync"),
                       name << ", frame " << f << ": " << rms_px[1] << " px");
        }
    }
}

// 3D points and poses against the truth; the bodies' own frames are the tracker's, so poses are
// compared by the body's motion since the first frame.
BOOST_AUTO_TEST_CASE(points_and_poses_are_those_of_the_scene) {
    const Laboratory& lab = laboratory();
    const auto names = true_names(lab, "sync");
    const auto rows = cells_of(lab.path() / "sync/tracks/points3d.csv");
    BOOST_REQUIRE(rows.size() == 1 + sync_frames);
    BOOST_REQUIRE(rows[0].size() == 36U);
    BOOST_TEST(rows[0][3] == "m002_X");
    double squares = 0.0;
    for (std::size_t f = 0; f < sync_frames; ++f)
        for (const TrueMarker& marker : lab.markers("sync", f, 0)) {
            const auto m = static_cast<std::size_t>(
                std::find(names.begin(), names.end(), marker.name) - names.begin());
            const auto& row = rows[f + 1];
            squares += (Eigen::Vector3d(std::stod(row[3 * m]), std::stod(row[3 * m + 1]),
                                        std::stod(row[3 * m + 2])) -
                        marker.point_mm)
                           .squaredNorm();
        }
    const double rms_mm = std::sqrt(squares / (12.0 * sync_frames));
    BOOST_TEST_MESSAGE("3D RMS " << rms_mm << " mm");
    // 0.03 px a coordinate are 0.006 mm at the isocentre, 0.01 mm along the mean beam.
    BOOST_TEST(rms_mm < 0.02);

    const Json tracks = lab.tracks("sync");
    const Json truth = Json::parse(drr::read_text_file(lab.path() / "sync/truth.json"));
    const auto true_pose = [&](std::size_t frame, const std::string& body) {
        for (const Json& image : truth["images"])
            if (image["frame"] == frame && image["view"] == 0)
                for (const Json& one : image["bodies"])
                    if (one["name"] == body) return motion(one["world_from_body"]);
        throw std::runtime_error("truth.json lacks a pose");
    };
    for (const Json& body : tracks["bodies"]) {
        const std::string number = body["beads"][0]["name"].get<std::string>().substr(1);
        const std::string bone =
            contains(names.at(std::stoul(number) - 1), "cluster A") ? "upper" : "lower";
        const auto found = [&](std::size_t f) {
            return motion(
                tracks["frames"][f]["bodies"][body["name"].get<std::string>()]["world_from_body"]);
        };
        for (std::size_t f = 1; f < sync_frames; ++f) {
            const drr::Rigid3 seen = found(f) * found(0).inverse();
            const drr::Rigid3 right = true_pose(f, bone) * true_pose(0, bone).inverse();
            const double turn_rad = drr::angle_between_rad(seen.rotation, right.rotation);
            const Eigen::Vector3d middle_mm = found(0).translation_mm;
            const double shift_mm = (seen * middle_mm - right * middle_mm).norm();
            BOOST_TEST_MESSAGE(bone << ", frame " << f << ": " << turn_rad << " rad, " << shift_mm
                                    << " mm");
            // 0.01 mm a bead over clusters of 5 mm radius, both frames.
            BOOST_TEST(turn_rad < 0.003);
            BOOST_TEST(shift_mm < 0.02);
        }
    }
}

BOOST_AUTO_TEST_CASE(xmalab_files_hold_what_was_detected_and_found) {
    const Laboratory& lab = laboratory();
    constexpr double digits = 1e-6;  // as written
    const fs::path folder = lab.path() / "late/tracks";
    const Json tracks = lab.tracks("late");
    const stereo::TrackedPoints points = stereo::read_xmalab_points(folder / "points2d.csv");
    BOOST_TEST(points.cameras == 2);
    BOOST_REQUIRE(points.frames.size() == 10U);
    stereo::write_xmalab_points(folder / "again.csv", points);
    BOOST_TEST((stereo::read_xmalab_points(folder / "again.csv").frames == points.frames));
    const auto rows3d = cells_of(folder / "points3d.csv");
    std::map<std::string, std::vector<std::vector<std::string>>> poses;
    for (const Json& body : tracks["bodies"]) {
        const std::string name = body["name"];
        poses[name] = cells_of(folder / (name + ".rigidbody.csv"));
        BOOST_REQUIRE(poses[name].size() == 11U);
        BOOST_TEST(poses[name][0].front() == name + "_R11");
        BOOST_TEST(poses[name][0].back() == name + "_1");
    }
    std::size_t seen = 0;
    for (std::size_t f = 0; f < 10; ++f) {
        const Json& frame = tracks["frames"][f];
        std::array<stereo::ImageDetections, 2> detections;
        for (std::size_t view = 0; view < 2; ++view)
            detections[view] =
                stereo::read_detections(lab.path() / frame["points"][view].get<std::string>());
        for (std::size_t m = 0; m < points.markers.size(); ++m) {
            const Json bead = frame["beads"].value(points.markers[m], Json::object());
            for (std::size_t view = 0; view < 2; ++view) {
                const std::string v = std::to_string(view + 1);
                const auto& pixel = points.frames[f][2 * m + view];
                BOOST_REQUIRE(pixel.has_value() ==
                              (bead.contains("detection" + v) && !bead.contains("ambiguous" + v)));
                if (!pixel) continue;
                ++seen;
                const auto index = bead["detection" + v].get<std::size_t>() - 1;
                BOOST_TEST((detections[view].beads[index].center_px - *pixel).norm() < digits);
            }
            const auto& row = rows3d.at(f + 1);
            BOOST_TEST((row[3 * m] == "NaN") == !bead.contains("point_mm"));
            if (bead.contains("point_mm"))
                for (std::size_t axis = 0; axis < 3; ++axis)
                    BOOST_TEST(std::abs(std::stod(row[3 * m + axis]) -
                                        bead["point_mm"][axis].get<double>()) < digits);
        }
        // XMALab's 4x4 matrix is written column by column.
        for (const auto& [name, sample] : frame["bodies"].items())
            for (std::size_t r = 0; r < 3; ++r)
                for (std::size_t c = 0; c < 4; ++c)
                    BOOST_TEST(std::abs(std::stod(poses[name][f + 1][4 * c + r]) -
                                        sample["world_from_body"][r][c].get<double>()) < digits);
    }
    BOOST_TEST(seen == tracks["certain"].get<std::size_t>());
}

// A frame that camera 2 did not see has 2D points of camera 1 and no 3D point.
BOOST_AUTO_TEST_CASE(what_is_not_seen_is_nan) {
    const Laboratory& lab = laboratory();
    fs::create_directories(lab.path() / "gap");
    for (std::size_t f = 0; f < sync_frames; ++f) {
        const std::string file = "view1_frame000" + std::to_string(f) + ".beads.csv";
        const std::string text = drr::read_text_file(lab.path() / "sync/beads" / file);
        drr::write_file(lab.path() / "gap" / file,
                        f == 2 ? text.substr(0, text.find('\n') + 1) : text);
    }
    const Run run = lab.run("track --calibration rig.yaml --points1 sync/beads/view0*.csv " +
                            std::string("--points2 gap -o gap/tracks"));
    BOOST_REQUIRE_MESSAGE(run.code == 0, run.err);
    const auto points = stereo::read_xmalab_points(lab.path() / "gap/tracks/points2d.csv");
    const auto rows = cells_of(lab.path() / "gap/tracks/points3d.csv");
    for (std::size_t m = 0; m < 12; ++m) {
        BOOST_TEST(points.frames[2][2 * m].has_value());
        BOOST_TEST(!points.frames[2][2 * m + 1].has_value());
        BOOST_TEST(rows[3][3 * m] == "NaN");
        BOOST_TEST(rows[4][3 * m] != "NaN");
    }
}

BOOST_AUTO_TEST_CASE(bad_input_is_said_so) {
    const Laboratory& lab = laboratory();
    const std::string points = " --points1 sync/beads/view0*.csv --points2 sync/beads/view1*.csv";
    const auto expect = [&](const std::string& arguments, int code, const std::string& message) {
        const Run run = lab.run("track " + arguments + " -o bad");
        BOOST_TEST(run.code == code, arguments << ": " << run.code << " " << run.err);
        BOOST_TEST(contains(run.err, message), arguments << ": " << run.err);
        BOOST_TEST(run.out.empty(), run.out);
        BOOST_TEST(!fs::exists(lab.path() / "bad/tracks.json"));
    };
    expect("--calibration rig.yaml", 2, "--points1 is required");
    expect("--calibration absent.yaml" + points, 4, "absent.yaml");
    expect("--calibration sync.yaml" + points, 3, "sync.yaml:3: schema must be");
    expect("--calibration rig.yaml --points1 absent.csv --points2 sync/beads/view1_frame0000*.csv",
           4, "absent.csv");
    expect("--calibration rig.yaml --points1 sync/beads/view0*.csv --points2 late/beads/view1*.csv",
           2, "--points1 has 5 frames and --points2 10");
    expect("--calibration rig.yaml --points1 sync/markers.csv --points2 sync/markers.csv", 3,
           "markers.csv:1: the header");
    expect("--calibration rig.yaml --points1 sync/tracks --points2 sync/tracks", 3,
           "holds no file *.beads.csv");
    expect("--calibration rig.yaml --layout rig.yaml" + points, 3, "rig.yaml");
    expect("--calibration rig.yaml --min-beads 2" + points, 2, "min_beads");
    // Detectors that are turned by 10 degrees: no epipolar line meets its bead's shadow.
    drr::write_file(lab.path() / "turned.yaml",
                    std::regex_replace(drr::read_text_file(lab.path() / "rig.yaml"),
                                       std::regex("pixel_pitch_mm: 0.25"),
                                       "pixel_pitch_mm: 0.25, rotation_deg: 10"));
    expect("--calibration turned.yaml" + points, 5, "no rigid body moves through the frames");
}

// What a wrong calibration leaves of the epipolar geometry and of rigidity shows in the report.
BOOST_AUTO_TEST_CASE(a_wrong_calibration_shows_in_the_report) {
    const Laboratory& lab = laboratory();
    drr::write_file(lab.path() / "angle.yaml",
                    std::regex_replace(drr::read_text_file(lab.path() / "rig.yaml"),
                                       std::regex("stereo_angle_deg: 60"), "stereo_angle_deg: 40"));
    const double right_px = lab.tracks("sync")["calibration_error"]["total_sd_px"];
    for (const std::string arguments :
         {"--calibration angle.yaml --points1 late/beads/view0*.csv --points2 "
          "late/beads/view1*.csv",
          // the cameras are interchanged
          "--calibration rig.yaml --points1 late/beads/view1*.csv --points2 "
          "late/beads/view0*.csv"}) {
        const Run run = lab.run("track " + arguments + " -o late/wrong");
        BOOST_REQUIRE_MESSAGE(run.code == 0, arguments << ": " << run.code << run.err);
        const Json tracks = Json::parse(drr::read_text_file(lab.path() / "late/wrong/tracks.json"));
        const double wrong_px = tracks["calibration_error"]["total_sd_px"];
        BOOST_TEST(wrong_px > 3.0 * right_px, arguments << ": " << wrong_px << " px");
        BOOST_TEST(tracks["certain"].get<std::size_t>() <= 200U, arguments);  // of 240
    }
}
