#include "random_view.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/geometry/rtk_geometry.hpp>
#include <drr/geometry/stereo_rig.hpp>

#include <numbers>
#include <sstream>

using namespace drr;
using Eigen::Vector2d;
using Eigen::Vector3d;

namespace {

constexpr double rounding_px = 1e-9;  // of a few products of numbers up to 1e4
constexpr double rounding_mm = 1e-9;  // the same

const Detector square{101, 81, 0.5, std::nullopt};
const Vector2d middle(50.0, 40.0);

std::string projection(const std::string& parameters) {
    return "<?xml version=\"1.0\"?>\n<!DOCTYPE RTKGEOMETRY>\n"
           "<RTKThreeDCircularGeometry version=\"3\">\n"
           "<SourceToIsocenterDistance>1000</SourceToIsocenterDistance>\n"
           "<SourceToDetectorDistance>1500</SourceToDetectorDistance>\n"
           "<Projection>\n" +
           parameters + "</Projection>\n</RTKThreeDCircularGeometry>\n";
}

XrayView read_one(const std::string& parameters) {
    const auto views = parse_rtk_geometry(projection(parameters), "g.xml", square);
    BOOST_REQUIRE(views.size() == 1);
    return views.front();
}

std::string element(const std::string& name, const std::string& value) {
    return "<" + name + ">" + value + "</" + name + ">\n";
}

/// As RTK 2.7 writes a projection of SID 1000, SDD 1536, gantry 30, projection offset (5, -3), out
/// of plane 10, in plane 20 degrees and source offset (1, 2).
const std::string written_by_rtk = R"(<?xml version="1.0"?>
<!DOCTYPE RTKGEOMETRY>
<RTKThreeDCircularGeometry version="3">
    <SourceToIsocenterDistance>1000</SourceToIsocenterDistance>
    <SourceToDetectorDistance>1536</SourceToDetectorDistance>
    <SourceOffsetX>1</SourceOffsetX>
    <SourceOffsetY>2</SourceOffsetY>
    <ProjectionOffsetX>5</ProjectionOffsetX>
    <ProjectionOffsetY>-3</ProjectionOffsetY>
    <InPlaneAngle>20</InPlaneAngle>
    <OutOfPlaneAngle>10</OutOfPlaneAngle>
  <Projection>
    <GantryAngle>30</GantryAngle>
    <Matrix>
        -1297.57527616213   -516.667207737535    639.269426096291                5536
         332.103251473804   -1422.30810530816   -475.466175385001               -1928
        0.492403876506104   -0.17364817766693   0.852868531952443               -1000
    </Matrix>
  </Projection>
</RTKThreeDCircularGeometry>
)";

/// The first matrix in a file.
Matrix34d matrix_in(const std::string& xml) {
    std::istringstream stream(xml.substr(xml.find("<Matrix>") + 8));
    Matrix34d matrix;
    for (Eigen::Index i = 0; i < 12; ++i)
        stream >> matrix(i / 4, i % 4);
    BOOST_REQUIRE(stream.good());
    return matrix;
}

/// RTK's physical coordinates as pixels: (0, 0) is the image's middle, y grows upwards.
Vector2d pixel_of(const Vector2d& physical_mm, const XrayView& view) {
    return view.middle_px() +
           Vector2d(physical_mm.x(), -physical_mm.y()).cwiseQuotient(view.pixel_pitch_mm);
}

Detector detector_of(const XrayView& view) {
    return {view.width_px, view.height_px, view.pixel_pitch_mm.x(), view.pixel_pitch_mm.y()};
}

Vector3d detector_direction(const XrayView& view) {
    return view.view_from_world.rotation.conjugate() * Vector3d::UnitZ();
}

/// What is wrong with `text`, and that it is said as it should be.
std::string error_of(const std::string& text) {
    try {
        (void)parse_rtk_geometry(text, "g.xml", square);
    } catch (const Error& error) {
        BOOST_TEST(
            (error.code() == ErrorCode::invalid_file || error.code() == ErrorCode::unsupported));
        const std::string what = error.what();
        BOOST_TEST(what.starts_with("g.xml:"), what);
        BOOST_TEST(what.find('\n') == std::string::npos, what);
        BOOST_TEST(what.size() < 1100, what.substr(0, 100));
        return what;
    }
    return "no error";
}

}  // namespace

BOOST_AUTO_TEST_CASE(source_and_detector_stand_as_described) {
    // All 0: the source on +z, the detector's x along +x, its y along +y.
    const XrayView view = read_one("");
    BOOST_TEST((view.source_in_world_mm() - Vector3d(0, 0, 1000)).norm() < rounding_mm);
    BOOST_TEST((view.pixel_in_world_mm(middle) - Vector3d(0, 0, -500)).norm() < rounding_mm);
    // magnified 1.5 times, pixels of 0.5 mm
    BOOST_TEST((view.project({10, 2, 0}) - (middle + Vector2d(30, -6))).norm() < rounding_px);

    // The gantry turns the source from +z to +x.
    BOOST_TEST((read_one(element("GantryAngle", "90")).source_in_world_mm() - Vector3d(1000, 0, 0))
                   .norm() < rounding_mm);
    // Out of plane, from +z to -y.
    BOOST_TEST(
        (read_one(element("OutOfPlaneAngle", "90")).source_in_world_mm() - Vector3d(0, -1000, 0))
            .norm() < rounding_mm);
    // In plane, the detector's x from +x to +y.
    BOOST_TEST(
        (read_one(element("InPlaneAngle", "90")).project({0, 10, 0}) - (middle + Vector2d(30, 0)))
            .norm() < rounding_px);

    // Detector origin at (POX, POY, SID - SDD), source at (SOX, SOY, SID).
    const XrayView moved =
        read_one(element("SourceOffsetX", "3") + element("SourceOffsetY", "4") +
                 element("ProjectionOffsetX", "13") + element("ProjectionOffsetY", "-6"));
    BOOST_TEST((moved.source_in_world_mm() - Vector3d(3, 4, 1000)).norm() < rounding_mm);
    BOOST_TEST((moved.pixel_in_world_mm(middle) - Vector3d(13, -6, -500)).norm() < rounding_mm);
    BOOST_TEST((moved.principal_point_px - (middle + Vector2d(-20, -20))).norm() < rounding_px);
}

BOOST_AUTO_TEST_CASE(file_of_rtk_is_read) {
    const auto views = parse_rtk_geometry(written_by_rtk, "g.xml", square);
    BOOST_REQUIRE(views.size() == 1);
    const Matrix34d matrix = matrix_in(written_by_rtk);
    constexpr double digits_px = 1e-9;  // RTK writes 15 of them
    for (const Vector3d& point : {Vector3d(0, 0, 0), Vector3d(10, -20, 30), Vector3d(-90, 50, 5)})
        BOOST_TEST((pixel_of(project(matrix, point), views[0]) - views[0].project(point)).norm() <
                   digits_px);
}

BOOST_AUTO_TEST_CASE(any_view_is_written_and_read_back) {
    Rng rng({.seed = 7, .purpose = RngPurpose::test});
    for (int i = 0; i < 200; ++i) {
        XrayView truth = test::random_view(rng);
        if (i % 4 == 0) {  // a beam along the patient's y: RTK's angles are at or near their pole
            StereoRigSpec rig;
            rig.primary_angle_rad = i % 8 == 0 ? std::numbers::pi : rng.uniform(-1e-9, 1e-9);
            truth.view_from_world = make_stereo_rig(rig)[0].view_from_world;
        }
        const std::string xml = rtk_geometry_xml(std::array{truth});
        const auto found = parse_rtk_geometry(xml, "g.xml", detector_of(truth)).at(0);
        BOOST_TEST(angle_between_rad(found.view_from_world.rotation,
                                     truth.view_from_world.rotation) < 1e-14);
        BOOST_TEST((found.source_in_world_mm() - truth.source_in_world_mm()).norm() < rounding_mm);
        BOOST_TEST(found.sdd_mm == truth.sdd_mm);
        BOOST_TEST((found.principal_point_px - truth.principal_point_px).norm() < rounding_px);
        const Matrix34d matrix = matrix_in(xml);
        for (int n = 0; n < 5; ++n) {
            const Vector3d point = test::random_point_before(rng, truth);
            BOOST_TEST((pixel_of(project(matrix, point), truth) - truth.project(point)).norm() <
                       rounding_px);
            BOOST_TEST((found.project(point) - truth.project(point)).norm() < rounding_px);
        }
    }
}

// As RTK 2.7 reads it.
BOOST_AUTO_TEST_CASE(parameters_hold_until_they_are_given_again) {
    const auto views = parse_rtk_geometry(
        "<RTKThreeDCircularGeometry version='2'><SourceToDetectorDistance>1500"
        "</SourceToDetectorDistance><GantryAngle>90</GantryAngle>"
        "<Projection/><Projection><GantryAngle>0</GantryAngle></Projection><Projection/>"
        "</RTKThreeDCircularGeometry>",
        "g.xml", square);
    BOOST_REQUIRE(views.size() == 3);
    BOOST_TEST((detector_direction(views[0]) - Vector3d(-1, 0, 0)).norm() < 1e-14);
    BOOST_TEST((detector_direction(views[1]) - Vector3d(0, 0, -1)).norm() < 1e-14);
    BOOST_TEST((detector_direction(views[2]) - Vector3d(0, 0, -1)).norm() < 1e-14);
}

BOOST_AUTO_TEST_CASE(errors_name_line_and_projection) {
    struct Case {
        std::string text, message;
    };
    const std::string far = "1000 0 0 0 0 1000 0 0 0 0 1 0";
    for (const Case& c : std::initializer_list<Case>{
             {projection(element("SourceToDetectorDistance", "0")),
              "g.xml:6: projection 0: SourceToDetectorDistance is 0: parallel beams"},
             {projection(element("RadiusCylindricalDetector", "1500")),
              "g.xml:6: projection 0: RadiusCylindricalDetector is 1500: only flat detectors"},
             {projection(element("SourceToDetectorDistance", "-1")),
              "g.xml:6: projection 0: SourceToDetectorDistance must be positive"},
             {projection("\n" + element("GantryAngle", "1,5")),
              "g.xml:8: projection 0: <GantryAngle> must hold 1 finite number"},
             {projection(element("GantryAngle", "nan")),
              "g.xml:7: projection 0: <GantryAngle> must hold 1 finite number"},
             {projection(element("GantryAngle", "")),
              "g.xml:7: projection 0: <GantryAngle> must hold 1 finite number"},
             {projection(element("Gantry", "0")),
              "g.xml:7: projection 0: unknown element <Gantry>"},
             {projection(element("Matrix", far)),
              "g.xml:7: projection 0: the matrix disagrees with the parameters: 1000 in row 0, "
              "column 0, where they give -1500"},
             {projection(element("Matrix", "1 2 3")),
              "g.xml:7: projection 0: <Matrix> must hold 12 finite numbers"},
             {projection("stray"), "g.xml:6: projection 0: expected elements, found text"},
             {"<RTKThreeDCircularGeometry version=\"1\"/>", "g.xml:1: RTK geometry version must"},
             {"<RTKThreeDCircularGeometry/>", "g.xml:1: RTK geometry version must"},
             {"<RTKThreeDCircularGeometry version=\"3\"/>", "g.xml:1: the geometry has no"},
             {"\n<svg/>", "g.xml:2: expected an RTK geometry"},
             {"<a/>\n<b/>", "g.xml:2: expected one root element"},
             {"<a>\n<b>\n</a>", "g.xml:3: not valid XML"},
             {"", "g.xml:1: not valid XML"}}) {
        const std::string found = error_of(c.text);
        BOOST_TEST(found.starts_with(c.message), "'" << found << "' instead of '" << c.message);
    }
    // RTK's own file, its matrix off by less and by more than 0.001.
    std::string text = written_by_rtk;
    text.replace(text.find("5536"), 4, "5536.0009");
    BOOST_TEST(error_of(text) == "no error");
    text.replace(text.find("5536.0009"), 9, "5536.0011");
    BOOST_TEST(error_of(text).starts_with("g.xml:14: projection 0: the matrix disagrees"));
}

BOOST_AUTO_TEST_CASE(damaged_files_are_refused_in_one_line) {
    int refused = 0;
    for (std::size_t length = 0; length < written_by_rtk.size() - 2; ++length)
        if (error_of(written_by_rtk.substr(0, length)) != "no error") ++refused;
    BOOST_TEST(refused == static_cast<int>(written_by_rtk.size()) - 2);
    Rng rng({.seed = 8, .purpose = RngPurpose::test});
    for (int trial = 0; trial < 2000; ++trial) {
        std::string text = written_by_rtk;
        for (int change = 0; change < 3; ++change)
            text[rng.next_u32() % text.size()] = static_cast<char>(rng.next_u32() % 256);
        (void)error_of(text);
    }
    std::string deep;
    for (int i = 0; i < 100000; ++i)
        deep += "<a>";
    BOOST_TEST(error_of(deep) != "no error");
    BOOST_TEST(error_of("<" + std::string(100000, 'a') + "/>") != "no error");
}
