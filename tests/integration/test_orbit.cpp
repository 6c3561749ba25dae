// Rotating sequences: which angles, which views, which files.
#include "inputs/orbit.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/geometry/stereo_rig.hpp>

#include <numbers>

using namespace tools;

namespace {

using Angles = std::vector<double>;

Angles angles(const std::string& text) {
    return read_orbit(text).angles_deg();
}

}  // namespace

BOOST_AUTO_TEST_CASE(stop_is_included_unless_it_repeats_the_start) {
    const Angles circle = angles("0:360:1");
    BOOST_REQUIRE_EQUAL(circle.size(), 360U);
    BOOST_TEST(circle.back() == 359.0);
    BOOST_TEST(angles("0:90:30") == (Angles{0, 30, 60, 90}));
    BOOST_TEST(angles("0:100:30") == (Angles{0, 30, 60, 90}));
    BOOST_TEST(angles("-180:180:90") == (Angles{-180, -90, 0, 90}));
    BOOST_TEST(angles("360:0:-90") == (Angles{360, 270, 180, 90}));
    BOOST_TEST(angles("0:720:180") == (Angles{0, 180, 360, 540}));
    BOOST_TEST(angles("15:15:1") == (Angles{15}));
    BOOST_TEST(angles("0:1:0.1").size() == 11U);  // 10 * 0.1 is not 1 in floating point
    BOOST_TEST(angles("0:360:0.1").size() == 3600U);
}

BOOST_AUTO_TEST_CASE(what_is_no_orbit) {
    for (const char* text : {"", "0:360", "0:360:1:1", "0:360:", "0:360:0", "0:360:-1", "0:-10:1",
                             "0:360:1e-9", "0:x:1", "0:inf:1", "0:0:0"})
        BOOST_CHECK_THROW((void)read_orbit(text), drr::Error);
}

// The other way: a rig that stands further round the patient.
BOOST_AUTO_TEST_CASE(the_rig_turns_by_its_primary_angle) {
    drr::StereoRigSpec rig;
    rig.stereo_angle_rad = 0.1;
    rig.secondary_angle_rad = 0.3;
    rig.isocentre_mm = {10.0, -20.0, 30.0};
    const auto pair = make_stereo_rig(rig);
    const auto frames = orbit_frames({{"view0", pair[0], "view0"}, {"view1", pair[1], "view1"}},
                                     {0.0, 90.0, 45.0}, *rig.isocentre_mm);
    BOOST_REQUIRE_EQUAL(frames.size(), 6U);
    BOOST_TEST(frames[3].name == "view1-0001");
    BOOST_TEST(frames[3].series == "view1");
    BOOST_TEST(frames[3].number == 2);
    rig.primary_angle_rad += std::numbers::pi / 4.0;
    const auto turned = make_stereo_rig(rig);
    for (const Eigen::Vector3d& point_in_world_mm :
         {Eigen::Vector3d(10.0, -20.0, 30.0), Eigen::Vector3d(60.0, 5.0, -44.0)})
        for (std::size_t n = 0; n < 2; ++n)
            BOOST_TEST((frames[2 + n].view.project(point_in_world_mm) -
                        turned[n].project(point_in_world_mm))
                           .norm() < 1e-9);  // rounding, px
}
