// The command `stereodrr detect`: pairs of radiographs of the small LEGO cube's beads whose names
// are known, and images that hold none.
#include "bead_scene.hpp"
#include "tool_folder.hpp"

#include <drr/core/file_io.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/imaging/image_io.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <stereo/detect/detections_io.hpp>
#include <stereo/detect/xmalab_points.hpp>

#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr int size_px = 512;
constexpr int frames = 2;

using Run = test::ToolRun;

std::string cube_file() {
    return (test::phantoms() / "small_lego_cube.yaml").string();
}

/// Images of two frames, frame 9 and frame 10, and of a third without its references, frame 11 in
/// folders of its own; and where each marker is in them. Beads are off as built.
class Laboratory : public test::ToolFolder {
  public:
    Laboratory() {
        drr::StereoRigSpec rig;
        rig.stereo_angle_rad = 1.0;
        rig.width_px = rig.height_px = size_px;
        rig.pixel_pitch_mm = {0.5, 0.5};
        drr::write_file(path() / "rig.yaml", drr::rig_yaml(rig));
        const drr::MarkerPhantom cube = drr::read_phantom(cube_file());
        const auto views = drr::make_stereo_rig(rig);
        drr::Rng rng({.seed = 3});
        std::vector<Eigen::Vector3d> off_mm(cube.beads.size());
        for (auto& off : off_mm)
            off = 0.3 * Eigen::Vector3d(rng.normal(), rng.normal(), rng.normal());
        for (int frame = 0; frame <= frames; ++frame) {
            const drr::Rigid3 pose(Eigen::Quaterniond(Eigen::AngleAxisd(
                                       0.4 + 0.2 * frame, Eigen::Vector3d(1, 2, -1).normalized())),
                                   {2.0, -3.0, 4.0});
            for (std::size_t v = 0; v < 2; ++v) {
                test::BeadScene scene;
                scene.width = scene.height = size_px;
                const auto add = [&](const drr::Marker& marker, const std::string& name) {
                    const Eigen::Vector3d in_view =
                        views[v].view_from_world * (pose * marker.center_mm);
                    const Eigen::Vector2d center = views[v].project(pose * marker.center_mm);
                    scene.balls.push_back(
                        {center, 0.5 * marker.diameter_mm * rig.sdd_mm / in_view.z() / 0.5, 3.0});
                    truth_[{frame, v}][name] = center;
                };
                for (std::size_t i = 0; i < cube.beads.size(); ++i) {
                    drr::Marker bead = cube.beads[i];
                    bead.center_mm += off_mm[i];
                    add(bead, std::to_string(bead.id));
                }
                for (const drr::Marker& reference : cube.references) {
                    if (frame == frames) break;
                    // Balls of lead here, as large as the beads.
                    drr::Marker ball = reference;
                    ball.diameter_mm = cube.beads.front().diameter_mm;
                    add(ball, reference.name);
                }
                drr::Image<std::uint16_t> picture(size_px, size_px);
                const drr::Image<float> image =
                    test::rendered(scene, static_cast<std::uint64_t>(frame));
                std::transform(image.pixels().begin(), image.pixels().end(),
                               picture.pixels().begin(),
                               [](float grey) { return static_cast<std::uint16_t>(grey); });
                drr::write_grey_image(path() /
                                          ((frame < frames ? "cam" : "bare") + std::to_string(v)) /
                                          ("frame" + std::to_string(9 + frame) + ".png"),
                                      picture);
            }
        }
    }

    [[nodiscard]] const std::map<std::string, Eigen::Vector2d>& truth(int frame,
                                                                      std::size_t view) const {
        return truth_.at({frame, view});
    }

    /// Runs `stereodrr detect ARGUMENTS` in the laboratory.
    [[nodiscard]] Run detect(const std::string& arguments) const {
        return run("detect " + arguments);
    }

  private:
    struct Folders {
        explicit Folders(const fs::path& root) {
            drr::make_folder(root / "cam0");
            drr::make_folder(root / "cam1");
            drr::make_folder(root / "bare0");
            drr::make_folder(root / "bare1");
        }
    };
    Folders folders_{path()};
    std::map<std::pair<int, std::size_t>, std::map<std::string, Eigen::Vector2d>> truth_;
};

const Laboratory& laboratory() {
    static const Laboratory here;
    return here;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(pairs_are_named_by_their_phantom) {
    const Laboratory& lab = laboratory();
    const Run run = lab.detect("--view0 cam0 --view1 'cam1/*.png' --rig rig.yaml --phantom '" +
                               cube_file() + "' -o out");
    BOOST_TEST(run.code == 0, run.err);
    BOOST_TEST(run.err.empty(), run.err);  // no progress where nobody looks
    BOOST_TEST(contains(run.out, "frame 2: "), run.out);
    const stereo::TrackedPoints points =
        stereo::read_xmalab_points(lab.path() / "out" / "points.csv");
    BOOST_TEST(points.cameras == 2);
    BOOST_REQUIRE(points.markers.size() == 64U);
    BOOST_REQUIRE(points.frames.size() == static_cast<std::size_t>(frames));
    for (int frame = 0; frame < frames; ++frame)
        for (std::size_t v = 0; v < 2; ++v) {
            int named = 0;
            for (std::size_t m = 0; m < points.markers.size(); ++m) {
                const auto& point = points.frames[static_cast<std::size_t>(frame)][2 * m + v];
                if (!point) continue;
                ++named;
                // Noise moves these centres by 0.02 px, a wrong name by a lattice step.
                BOOST_TEST((*point - lab.truth(frame, v).at(points.markers[m])).norm() < 0.3,
                           "frame " << frame << ", view " << v << ", " << points.markers[m]);
            }
            // Some lie behind others.
            BOOST_TEST(named >= 45, "frame " << frame << ", view " << v << ": " << named);
        }
    // Two folders with files of the same names: told apart by the view.
    const stereo::ImageDetections detections =
        stereo::read_detections(lab.path() / "out" / "view1_frame10.beads.csv");
    BOOST_TEST(detections.image == "frame10.png");
    for (std::size_t i = 0; i < detections.beads.size(); ++i)
        if (!detections.markers[i].empty())
            BOOST_TEST(
                (detections.beads[i].center_px - lab.truth(1, 1).at(detections.markers[i])).norm() <
                0.3);
    BOOST_TEST(fs::exists(lab.path() / "out" / "view0_frame9.beads.png"));
}

BOOST_AUTO_TEST_CASE(a_frame_without_references_is_named_by_the_others) {
    const Laboratory& lab = laboratory();
    const std::string cube = " --no-overlay --rig rig.yaml --phantom '" + cube_file() + "' ";
    const Run alone = lab.detect("--view0 bare0 --view1 bare1" + cube + "-o alone");
    BOOST_TEST(alone.code == 5, alone.out);
    BOOST_TEST(contains(alone.out, "ambiguous"), alone.out);
    const Run run =
        lab.detect("--view0 cam0 --view0 bare0 --view1 cam1 --view1 bare1" + cube + "-o stack");
    BOOST_TEST(run.code == 0, run.err);
    BOOST_TEST(contains(run.out, "with the rig and the phantom of other poses"), run.out);
    const auto points = stereo::read_xmalab_points(lab.path() / "stack" / "points.csv");
    BOOST_REQUIRE(points.frames.size() == static_cast<std::size_t>(frames) + 1);
    for (std::size_t v = 0; v < 2; ++v) {
        int named = 0;
        for (std::size_t m = 0; m < points.markers.size(); ++m) {
            const auto& point = points.frames[frames][2 * m + v];
            if (!point) continue;
            ++named;
            BOOST_TEST((*point - lab.truth(frames, v).at(points.markers[m])).norm() < 0.3);
        }
        BOOST_TEST(named >= 45, named);
    }
}

// The frames of view 0 as pages of one TIFF: the same beads, frame by frame.
BOOST_AUTO_TEST_CASE(a_stack_is_a_sequence_of_frames) {
    const Laboratory& lab = laboratory();
    const std::vector<std::string> images = {"cam0/frame9.png", "cam0/frame10.png",
                                             "bare0/frame11.png"};
    std::vector<cv::Mat> pages;
    for (const std::string& image : images)
        pages.push_back(cv::imread((lab.path() / image).string(), cv::IMREAD_UNCHANGED));
    BOOST_REQUIRE(cv::imwritemulti((lab.path() / "run.tif").string(), pages));

    const std::string size = " --diameter-px 8.5 ";
    const Run single = lab.detect("cam0 bare0" + size + "-o single");
    BOOST_REQUIRE(single.code == 0);
    const Run stack = lab.detect("run.tif" + size + "-o paged");
    BOOST_REQUIRE_MESSAGE(stack.code == 0, stack.err);
    for (const int frame : {0, 1, 2}) {
        const std::string page = std::to_string(frame + 1);
        const auto found =
            stereo::read_detections(lab.path() / "paged" / ("run_" + page + ".beads.csv"));
        BOOST_TEST(found.image == "run.tif page " + page);
        BOOST_TEST(contains(stack.out, "run.tif page " + page), stack.out);
        const std::string stem = "frame" + std::to_string(9 + frame) + ".beads";
        const auto expected = stereo::read_detections(lab.path() / "single" / (stem + ".csv"));
        BOOST_REQUIRE(found.beads.size() == expected.beads.size());
        for (std::size_t i = 0; i < found.beads.size(); ++i)
            BOOST_TEST((found.beads[i].center_px == expected.beads[i].center_px));
        BOOST_TEST(
            (lab.text("paged/run_" + page + ".beads.png") == lab.text("single/" + stem + ".png")));
    }
    const auto report = nlohmann::json::parse(lab.text("paged/detect.json"));
    BOOST_TEST(report["images"].size() == 3U);
    BOOST_TEST(report["images"].at(2)["image"] == "run.tif page 3");
    BOOST_TEST(report["images"].at(2)["frame"] == 2);

    // Of pairs a page is a frame too, and a terminal sees how many are done.
    const Run pairs = lab.detect("--view0 run.tif --view1 cam1 --view1 bare1 --no-overlay --json" +
                                 size + "-o paired");
    BOOST_REQUIRE_MESSAGE(pairs.code == 0, pairs.err);
    const auto paired = nlohmann::json::parse(pairs.out)["images"];
    BOOST_TEST(paired.at(4)["image"] == "run.tif page 3");
    BOOST_TEST(paired.at(5)["image"] == "frame11.png");
    const Run uneven = lab.detect("--view0 run.tif --view1 cam1 -o uneven");
    BOOST_TEST(contains(uneven.err, "view 0 has 3 images and view 1 has 2"), uneven.err);
    const std::string seen = lab.shown_in_terminal("detect run.tif --no-overlay -o seen" + size);
    BOOST_TEST(contains(seen, "] 3/3"), seen);
}

BOOST_AUTO_TEST_CASE(the_report_is_for_programs_too) {
    const Run run = laboratory().detect("cam0/frame9.png --json --no-overlay -o json");
    BOOST_TEST(run.code == 0, run.err);
    const auto report = nlohmann::json::parse(run.out);
    BOOST_TEST(report["schema"] == "stereodrr/detect/v1");
    const auto& image = report["images"].at(0);
    BOOST_TEST(image["image"] == "frame9.png");
    BOOST_TEST(image["beads"].size() > 50U);
    // Nobody told the size: 3.175 mm, 1.33 times as large, on pixels of 0.5 mm.
    BOOST_TEST(std::abs(image["diameter_px"].get<double>() - 8.5) < 1.0);
    std::size_t refused = 0;
    for (const auto& [reason, count] : image["refused_by_reason_count"].items())
        refused += count.get<std::size_t>();
    BOOST_TEST(image["candidate_count"].get<std::size_t>() == refused + image["beads"].size());
    BOOST_TEST(!fs::exists(laboratory().path() / "json" / "frame9.beads.png"));
    BOOST_TEST(fs::exists(laboratory().path() / "json" / "detect.json"));
}

BOOST_AUTO_TEST_CASE(xmalab_pixels_are_as_asked) {
    const Laboratory& lab = laboratory();
    const std::string named =
        "cam0/frame9.png --no-overlay --rig rig.yaml --phantom '" + cube_file() + "' ";
    BOOST_REQUIRE(lab.detect(named + "-o plain").code == 0);
    BOOST_REQUIRE(lab.detect(named + "-o up --points-origin 1 --points-rows-up").code == 0);
    const auto plain = stereo::read_xmalab_points(lab.path() / "plain" / "points.csv");
    const auto up = stereo::read_xmalab_points(lab.path() / "up" / "points.csv");
    int compared = 0;
    for (std::size_t i = 0; i < plain.frames[0].size(); ++i)
        if (plain.frames[0][i]) {
            ++compared;
            BOOST_TEST(std::abs(up.frames[0][i]->x() - (plain.frames[0][i]->x() + 1.0)) < 1e-5);
            BOOST_TEST(std::abs(up.frames[0][i]->y() - (size_px - plain.frames[0][i]->y())) < 1e-5);
        }
    BOOST_TEST(compared > 30);
}

BOOST_AUTO_TEST_CASE(images_without_beads_get_an_answer) {
    const Laboratory& lab = laboratory();
    const auto write = [&](const std::string& name, auto grey) {
        drr::Image<std::uint8_t> image(200, 160);
        for (int row = 0; row < 160; ++row)
            for (int column = 0; column < 200; ++column)
                image(column, row) = static_cast<std::uint8_t>(grey(column, row));
        drr::write_grey_image(lab.path() / name, image);
    };
    write("blank.png", [](int, int) { return 90; });
    write("mask.png", [](int c, int r) { return c > 50 && r > 50 && c < 90 && r < 80 ? 255 : 0; });
    write("burnt.png", [](int c, int r) { return c < 10 ? r : 255; });
    write("dark.png", [](int c, int r) { return c < 60 ? c + r : 0; });
    write("noise.png", [](int c, int r) { return 100 + (c * 7919 + r * 104729) % 23; });
    for (const auto& [name, answer] :
         std::map<std::string, std::string>{{"blank.png", "blank: every pixel has grey 90"},
                                            {"mask.png", "no radiograph: 2 different greys"},
                                            {"burnt.png", "saturated: 95 % of the pixels"},
                                            {"dark.png", "mostly black: 7"},
                                            {"noise.png", "no beads of any size"}}) {
        const Run run = lab.detect(name + " -o none");
        BOOST_TEST(run.code == 5, name << ": " << run.out << run.err);
        BOOST_TEST(contains(run.err, answer), name << ": " << run.err);
        BOOST_TEST(contains(run.out, answer), name << ": " << run.out);
    }
    // One bad file does not spoil the others.
    drr::write_file(lab.path() / "cut.png", "\x89PNG\r\n\x1a\n");
    const Run some = lab.detect("cut.png cam0/frame9.png -o some");
    BOOST_TEST(some.code == 3, some.err);
    BOOST_TEST(contains(some.err, "cut.png: 1 of 2 images could not be read"), some.err);
    BOOST_TEST(fs::exists(lab.path() / "some" / "frame9.beads.csv"));
}

BOOST_AUTO_TEST_CASE(wrong_use_is_said_so) {
    const Laboratory& lab = laboratory();
    const std::string cube = " --phantom '" + cube_file() + "'";
    const std::string wand = (test::phantoms() / "wand.yaml").string();
    const auto expect = [&](const std::string& arguments, int code, const std::string& message) {
        const Run run = lab.detect(arguments);
        BOOST_TEST(run.code == code, arguments << ": " << run.err);
        BOOST_TEST(contains(run.err, message), arguments << ": " << run.err);
        BOOST_TEST(run.out.empty(), run.out);
    };
    expect("", 2, "give images");
    expect("cam0 --view0 cam0 --view1 cam1", 2, "give images");
    expect("--view0 cam0 --view1 cam1/frame9.png", 2, "view 0 has 2 images and view 1 has 1");
    expect("cam0" + cube, 2, "--phantom and --rig are given together");
    expect("cam0 --rig rig.yaml --phantom '" + wand + "'", 3, "the phantom has 2 beads");
    expect("cam0/frame9.png cam0/frame9.png", 2, "the same name");
    expect("absent", 4, "absent");
    expect("cam0/*.tif", 4, "no file matches the pattern");
    expect("cam0 --diameter-px 1", 2, "3 to 2000 px");
}
