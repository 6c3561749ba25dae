#include "random_view.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/geometry/view_files.hpp>

using namespace drr;
using Eigen::Vector2d;
using Eigen::Vector3d;

namespace {

constexpr double rounding_px = 1e-9;  // of a few products of numbers up to 1e4
constexpr double rounding_mm = 1e-8;  // of a decomposition of numbers up to 1e7

Detector detector_of(const XrayView& view) {
    return {view.width_px, view.height_px, view.pixel_pitch_mm.x(), view.pixel_pitch_mm.y()};
}

void check_same(const XrayView& found, const XrayView& truth) {
    BOOST_TEST(angle_between_rad(found.view_from_world.rotation, truth.view_from_world.rotation) <
               1e-11);
    BOOST_TEST((found.source_in_world_mm() - truth.source_in_world_mm()).norm() < rounding_mm);
    BOOST_TEST(std::abs(found.sdd_mm - truth.sdd_mm) < rounding_mm);
    BOOST_TEST((found.pixel_pitch_mm - truth.pixel_pitch_mm).norm() < 1e-11);
    BOOST_TEST((found.principal_point_px - truth.principal_point_px).norm() < rounding_mm);
    BOOST_TEST(found.width_px == truth.width_px);
    BOOST_TEST(found.height_px == truth.height_px);
}

std::vector<XrayView> random_views(std::uint64_t seed, int count) {
    Rng rng({.seed = seed, .purpose = RngPurpose::test});
    std::vector<XrayView> views;
    for (int i = 0; i < count; ++i)
        views.push_back(test::random_view(rng));
    return views;
}

std::string error_of(const std::string& text, const std::optional<Detector>& detector = {}) {
    try {
        (void)parse_views(text, "f", detector);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

/// 1000 mm to a detector of 0.5 mm pixels, looking along the world's z from the origin.
const std::string plain_matrix = "2000 0 50 0\n0 2000 40 0\n0 0 1 0\n";
const Detector plain_detector{101, 81, 0.5, std::nullopt};

}  // namespace

BOOST_AUTO_TEST_CASE(matrix_gives_the_view_back) {
    Rng rng({.seed = 1, .purpose = RngPurpose::test});
    for (int i = 0; i < 200; ++i) {
        const XrayView truth = test::random_view(rng);
        const Matrix34d matrix = truth.calibrated().projection_matrix();
        for (const double scale : {1.0, -3.0, 1e-4}) {
            const XrayView found = view_from_projection(scale * matrix, detector_of(truth));
            check_same(found, truth);
            const Vector3d point = test::random_point_before(rng, truth);
            BOOST_TEST((found.project(point) - project(matrix, point)).norm() < rounding_px);
        }
        Detector one_pitch = detector_of(truth);
        one_pitch.row_pitch_mm.reset();
        check_same(view_from_projection(matrix, one_pitch), truth);
    }
}

BOOST_AUTO_TEST_CASE(pitches_that_disagree_are_refused) {
    const XrayView view = random_views(2, 1).front();
    Detector detector = detector_of(view);
    *detector.row_pitch_mm *= 1.0 + 1e-5;
    BOOST_CHECK_THROW((void)view_from_projection(view.calibrated().projection_matrix(), detector),
                      Error);
    *detector.row_pitch_mm = view.pixel_pitch_mm.y() * (1.0 + 1e-7);
    check_same(view_from_projection(view.calibrated().projection_matrix(), detector), view);
}

BOOST_AUTO_TEST_CASE(skew_is_refused_with_its_size) {
    // 400 rows at most from the principal point, fy = 4000: 0.01 px of skew shears by 0.001 px.
    const Detector detector{801, 801, 0.25, std::nullopt};
    Eigen::Matrix3d k;
    k << 4000.0, 0.009, 400.0, 0.0, 4000.0, 400.0, 0.0, 0.0, 1.0;
    Matrix34d matrix = Matrix34d::Zero();
    matrix.leftCols<3>() = k;
    BOOST_TEST(view_from_projection(matrix, detector).sdd_mm == 1000.0);
    matrix(0, 1) = 0.5;
    try {
        (void)view_from_projection(matrix, detector);
        BOOST_ERROR("skew was taken");
    } catch (const Error& error) {
        BOOST_TEST(error.message().find("skew of 0.5 px") != std::string::npos, error.what());
        BOOST_TEST(error.message().find("0.05 px") != std::string::npos, error.what());
    }
}

BOOST_AUTO_TEST_CASE(views_file_round_trip) {
    const std::vector<XrayView> truth = random_views(3, 5);
    ViewSet set = parse_views(views_yaml(truth), "views.yaml");
    set.place_rig({1.0, 2.0, 3.0});  // which is nothing to views that stand where they stand
    BOOST_TEST(!set.rig.has_value());
    BOOST_REQUIRE(set.views.size() == truth.size());
    for (std::size_t i = 0; i < truth.size(); ++i)
        check_same(set.views[i], truth[i]);
}

BOOST_AUTO_TEST_CASE(plain_matrices_round_trip) {
    std::vector<XrayView> truth = random_views(4, 3);
    for (XrayView& view : truth) {
        view.width_px = 400;
        view.height_px = 300;
        view.pixel_pitch_mm.x() = 0.4;
    }
    const ViewSet set = parse_views(projection_matrices_text(truth), "views.txt",
                                    Detector{400, 300, 0.4, std::nullopt});
    BOOST_REQUIRE(set.views.size() == truth.size());
    for (std::size_t i = 0; i < truth.size(); ++i)
        check_same(set.views[i], truth[i]);
}

BOOST_AUTO_TEST_CASE(plain_matrix_may_have_commas_and_remarks) {
    for (const std::string& text :
         {plain_matrix, std::string("# of view 0\n2000,0,50,0\r\n0,2000,40,+0\r\n0,0,1,0\r\n")}) {
        const ViewSet set = parse_views(text, "m.txt", plain_detector);
        BOOST_REQUIRE(set.views.size() == 1);
        BOOST_TEST(set.views[0].sdd_mm == 1000.0);
        BOOST_TEST(set.views[0].principal_point_px == Vector2d(50.0, 40.0));
        BOOST_TEST(set.views[0].source_in_world_mm().norm() < 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(rig_file_gives_its_two_views) {
    StereoRigSpec spec;
    spec.stereo_angle_rad = 0.2;
    const Vector3d centre(1.0, -20.0, 300.0);
    ViewSet set = parse_views(rig_yaml(spec), "rig.yaml");
    BOOST_REQUIRE(set.views.size() == 2);
    BOOST_REQUIRE(set.rig.has_value());
    for (const XrayView& view : set.views)
        BOOST_TEST((view.project(Vector3d::Zero()) - view.principal_point_px).norm() < rounding_px);
    set.place_rig(centre);
    BOOST_TEST(set.rig->isocentre_mm.value() == centre);
    for (const XrayView& view : set.views)
        BOOST_TEST((view.project(centre) - view.principal_point_px).norm() < rounding_px);
    spec.isocentre_mm = Vector3d(5.0, 6.0, 7.0);
    set = parse_views(rig_yaml(spec), "rig.yaml");
    set.place_rig(centre);
    BOOST_TEST(set.rig->isocentre_mm.value() == *spec.isocentre_mm);
}

BOOST_AUTO_TEST_CASE(file_is_read_by_what_it_is) {
    const test::TemporaryFolder folder;
    const std::vector<XrayView> truth = random_views(5, 1);
    write_file(folder.path() / "any.name", views_yaml(truth));
    check_same(read_views(folder.path() / "any.name").views.at(0), truth[0]);
    BOOST_CHECK_THROW((void)read_views(folder.path() / "absent"), Error);
}

BOOST_AUTO_TEST_CASE(errors_name_the_place) {
    const std::string view =
        "schema: stereodrr/views/v1\nviews:\n  - detector: { width_px: 101, "
        "height_px: 81, pixel_pitch_mm: 0.5 }\n    projection_matrix: ";
    struct Case {
        std::string text, message;
    };
    for (const Case& c : std::initializer_list<Case>{
             {"schema: stereodrr/views/v1\n", "f:1: 'views' must list at least one view"},
             {"schema: stereodrr/phantom/v1\n",
              "f:1: schema must be 'stereodrr/rig/v1' or 'stereodrr/views/v1'"},
             {view + "[1, 2, 3]\n", "f:4: 'views[0].projection_matrix' must be a list of 12"},
             {view + "[2000, 0, 50, 0, 0, 2000, 40, 0, 0, 0, 0, 1]\n",
              "f:4: a projection matrix with a source at infinity"},
             {view + "[2000, 9, 50, 0, 0, 2000, 40, 0, 0, 0, 1, 0]\n",
              "f:4: the projection matrix has a skew of 9 px"},
             {view + "[2000, 0, 50, 0, 0, 2000, 40, 0, 0, 0, 1, 0]\n    name: x\n",
              "f:5: unknown key 'views[0].name'"},
             {plain_matrix, "f: the file holds no detector"},
             {"<x/>", "f: the file holds no detector"},
             {"", "f: expected exactly one YAML document"}}) {
        const std::string found = error_of(c.text);
        BOOST_TEST(found.starts_with(c.message), "'" << found << "' instead of '" << c.message);
    }
    BOOST_TEST(error_of(plain_matrix + "1\n", plain_detector)
                   .starts_with("f: expected 3x4 projection matrices, 12 numbers a view"));
    BOOST_TEST(
        error_of("0 0 0 0\n0 0 0 0\n0 0 0 0\n", plain_detector).starts_with("f: matrix 0: "));
    BOOST_TEST(error_of(views_yaml(random_views(6, 1)), plain_detector)
                   .starts_with("f: the file holds its detectors"));
}
