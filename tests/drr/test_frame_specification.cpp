// Frame specifications and references of XMALab.
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/rng.hpp>
#include <drr/phantom/frame_specification.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <string>

using namespace drr;
using Eigen::Vector3d;

namespace {

FrameSpecificationReadOptions read_options(LengthUnit unit = LengthUnit::mm) {
    FrameSpecificationReadOptions options;
    options.unit = unit;
    options.bead_diameter_mm = 3.175;
    return options;
}

FrameSpecification parse(const std::string& text, LengthUnit unit = LengthUnit::mm) {
    return parse_frame_specification(text, "folder/cube.csv", read_options(unit));
}

MarkerPhantom small_cube() {
    return read_phantom(test::phantoms() / "small_lego_cube.yaml");
}

// Runs `action` and checks that its error is in the file and starts with `expected`.
template <class Action>
void expect_error(Action action, const std::string& expected) {
    BOOST_CHECK_EXCEPTION(action(), Error, [&](const Error& error) {
        const bool right = error.code() == ErrorCode::invalid_file &&
                           std::string(error.what()).starts_with(expected) &&
                           std::string(error.what()).find('\n') == std::string::npos;
        BOOST_TEST(right, "found: " << error.what() << ", expected: " << expected);
        return right;
    });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(frame_specifications)

BOOST_AUTO_TEST_CASE(the_text_is_a_header_and_a_bead_a_line) {
    MarkerPhantom phantom;
    phantom.beads = {{7, "first", {0.0, -19.2, 6.4}, 3.0, "steel"},
                     {3, "second", {64.0, 0.5, 1.0 / 3.0}, 3.0, "steel"}};
    BOOST_TEST(frame_specification_csv(phantom) ==
               "x,y,z\n0,-19.2,6.4\n64,0.5,0.3333333333333333\n");
    FrameSpecificationOptions options;
    options.unit = LengthUnit::cm;
    options.white_beads = true;
    options.names = true;
    phantom.beads.pop_back();
    BOOST_TEST(frame_specification_csv(phantom, options) == "x,y,z,white\n0,-1.92,0.64,first\n");
    phantom.beads[0].name = "first, of two";
    BOOST_CHECK_THROW((void)frame_specification_csv(phantom, options), Error);
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_the_same) {
    Rng rng({.seed = 11});
    for (const bool random : {false, true}) {
        MarkerPhantom phantom = small_cube();
        if (random)  // as measured: all digits
            for (Marker& bead : phantom.beads)
                bead.center_mm += 0.1 * Vector3d(rng.normal(), rng.normal(), rng.normal());
        for (const LengthUnit unit : {LengthUnit::mm, LengthUnit::cm})
            for (const bool flag : {false, true}) {
                FrameSpecificationOptions options;
                options.unit = unit;
                options.white_beads = flag;
                options.names = flag;
                const auto back = parse(frame_specification_csv(phantom, options), unit);
                BOOST_TEST(back.white_beads == flag);
                BOOST_TEST(back.phantom.name == "cube");
                BOOST_REQUIRE(back.phantom.beads.size() == phantom.beads.size());
                for (std::size_t n = 0; n < phantom.beads.size(); ++n) {
                    const Marker& bead = back.phantom.beads[n];
                    // millimetres to the last bit, centimetres to the step of what is read
                    const double tolerance_mm = unit == LengthUnit::mm || !random ? 0.0 : 1e-9;
                    BOOST_TEST((bead.center_mm - phantom.beads[n].center_mm).norm() <=
                               tolerance_mm);
                    BOOST_TEST(bead.id == static_cast<int>(n) + 1);
                    BOOST_TEST(bead.name == phantom.beads[n].name);
                    BOOST_TEST(bead.diameter_mm == 3.175);
                }
            }
    }
}

BOOST_AUTO_TEST_CASE(variants_in_the_wild_are_taken) {
    const std::string plain = "x,y,z\n0,0,0\n0,0,-6.4\n";
    for (const std::string& text :
         {plain, std::string("\xEF\xBB\xBFX, Y, Z\r\n0,0,0\r\n\r\n 0 , 0 , -6.4 \r\n"),
          std::string("x,y,z\r0,0,0\r0,0,-6.4"), std::string("x,y,z,\n0,0,0,\n+0,0e5,-.64e1,\n"),
          std::string("x,y,z,name\n0,0,0,b01\n0,0,-6.4,b02\n"),
          std::string("s0.1,s0.1,s0.1,\n0,0,0\n0,0,-64\n"),
          std::string("s1,s2,s0.5\n0,0,0\n0,0,-12.8\n")}) {
        const auto found = parse(text);
        BOOST_TEST(!found.white_beads);
        BOOST_REQUIRE(found.phantom.beads.size() == 2U);
        BOOST_TEST((found.phantom.beads[1].center_mm == Vector3d(0.0, 0.0, -6.4)), text);
        BOOST_TEST(found.phantom.beads[1].name == "b02");
    }
    BOOST_TEST(parse("x,y,z,white\n1,2,3\n").white_beads);
    BOOST_TEST(parse("white,x,y,z\n1,2,3\n").white_beads);
    // 1.1 * 10 is 11.000000000000002 in floating point
    BOOST_TEST((parse("x,y,z\n1.1,0.3,-2.3\n", LengthUnit::cm).phantom.beads[0].center_mm ==
                Vector3d(11.0, 3.0, -23.0)));
    const auto named = parse("x,y,z\n0,0,0,\"top\"\n0,0,9,\n");
    BOOST_TEST(named.phantom.beads[0].name == "\"top\"");
    BOOST_TEST(named.phantom.beads[1].name == "b02");
}

BOOST_AUTO_TEST_CASE(what_is_malformed_is_told_with_its_line) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "folder/cube.csv:1: the file is empty"},
        {"\n\n", "folder/cube.csv:1: the file is empty"},
        {"x,y,z\n", "folder/cube.csv:1: there are no beads"},
        {"0,0,0\n0,0,64\n", "folder/cube.csv:1: the first line must be a header x,y,z, found num"},
        {"bead\n0,0,0\n", "folder/cube.csv:1: the first line must be a header x,y,z, found 'bead'"},
        {"s10,s10\n0,0,0\n", "folder/cube.csv:1: three scales"},
        {"s10,s10,s-1\n0,0,0\n", "folder/cube.csv:1: the scale s-1 must be positive"},
        {"x,y,z\n0,0,0\n\n0,0\n", "folder/cube.csv:4: x,y,z or x,y,z,name was expected, found 2 c"},
        {"x,y,z\n0,0,0,a,b\n", "folder/cube.csv:2: x,y,z or x,y,z,name was expected, found 5 c"},
        {"x,y,z\n0;0;0\n",
         "folder/cube.csv:2: x,y,z or x,y,z,name was expected, found 1 cell in "
         "'0;0;0'; cells are parted by commas"},
        {"x,y,z\n0,nan,0\n", "folder/cube.csv:2: y must be a finite number, found 'nan'"},
        {"x,y,z\n0,0,1e999\n", "folder/cube.csv:2: z must be a finite number"},
        {"x,y,z\n0x10,0,0\n", "folder/cube.csv:2: x must be a finite number"},
        {"x,y,z\n0,,0\n", "folder/cube.csv:2: y must be a finite number, found ''"},
        {"x,y,z\n0,0,0\n0,0,3\n",
         "folder/cube.csv:3: bead 2 overlaps bead 1: their centres are 3 "
         "mm apart"},
        {"\x01\x02\xff\n0,0,0\n", "folder/cube.csv:1: the first line must be a header"},
    };
    for (const auto& [text, expected] : cases)
        expect_error([text = text] { (void)parse(text); }, expected);
    std::string many = "x,y,z\n";
    for (int n = 0; n <= 10000; ++n)
        many += "0,0,0\n";
    expect_error([&] { (void)parse(many); }, "folder/cube.csv:10002: more than 10000 beads");
    BOOST_CHECK_THROW((void)parse_frame_specification("x,y,z\n0,0,0\n", "a.csv", {}), Error);
    BOOST_CHECK_THROW((void)read_frame_specification("/absent.csv", read_options()), Error);
    BOOST_CHECK_THROW((void)length_unit("inch"), Error);
}

// Cut anywhere, and with any byte replaced: an error or a phantom, nothing else.
BOOST_AUTO_TEST_CASE(damaged_files_do_no_harm) {
    const std::string text = "s1,s1,s1,white\n0,0,0,one\n0,0,-64.5,two\n1e1,2,3\n";
    const auto survives = [](const std::string& damaged) {
        try {
            const auto found = parse(damaged);
            BOOST_TEST(!found.phantom.beads.empty());
            for (const Marker& bead : found.phantom.beads)
                BOOST_TEST(bead.center_mm.allFinite());
        } catch (const Error& error) {
            BOOST_TEST((error.code() == ErrorCode::invalid_file));
        }
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        survives(text.substr(0, at));
        for (const char c : {'\0', ',', '\n', 's', '-', '9', '\xff'}) {
            std::string damaged = text;
            damaged[at] = c;
            survives(damaged);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(references)

BOOST_AUTO_TEST_CASE(each_reference_marks_the_bead_nearest_to_it) {
    MarkerPhantom phantom;
    phantom.beads = {{9, "a", {0.0, 0.0, 0.0}, 3.0, "steel"},
                     {5, "b", {40.0, 0.0, 0.0}, 3.0, "steel"},
                     {2, "c", {80.0, 0.0, 0.0}, 3.0, "steel"}};
    phantom.references = {{1, "square", {70.0, 0.0, 8.0}, 2.0, "lead"},
                          {3, "cross", {15.0, 0.0, 8.0}, 2.0, "lead"}};
    // numbers are places in the list, not ids
    const std::vector<MarkedBead> expected{{3, "square"}, {1, "cross"}};
    BOOST_TEST((marked_beads(phantom) == expected));
    BOOST_TEST(references_text(expected) == "3 square\n1 cross\n");

    phantom.references[1].center_mm.x() = 20.04;  // half way, to 0.08 mm
    BOOST_CHECK_THROW((void)marked_beads(phantom), Error);
    phantom.references[1].center_mm.x() = 75.0;  // at bead 3, too
    BOOST_CHECK_THROW((void)marked_beads(phantom), Error);
    phantom.references.clear();
    BOOST_CHECK_THROW((void)marked_beads(phantom), Error);
    BOOST_CHECK_THROW((void)references_text({{1, "a square"}}), Error);
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_the_same) {
    const MarkerPhantom cube = small_cube();
    const auto beads = marked_beads(cube);
    BOOST_TEST(beads.size() == 4U);
    BOOST_TEST((parse_references(references_text(beads), "cube.ref", 64) == beads));
    BOOST_TEST((parse_references("\xEF\xBB\xBF 3\tsquare \r\n\r\n1  cross\r\n", "r", 3) ==
                std::vector<MarkedBead>{{3, "square"}, {1, "cross"}}));
}

BOOST_AUTO_TEST_CASE(what_is_malformed_is_told_with_its_line) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "cube.ref:1: the file is empty"},
        {"1,square\n", "cube.ref:1: bead, space, name was expected, such as '14 square', found"},
        {"1 square\n2\n", "cube.ref:2: bead, space, name was expected"},
        {"1 square\nx circle\n", "cube.ref:2: bead, space, name was expected"},
        {"1 square big\n", "cube.ref:1: bead, space, name was expected"},
        {"0 square\n", "cube.ref:1: bead 0 is none of the beads 1 to 64"},
        {"65 square\n", "cube.ref:1: bead 65 is none of the beads 1 to 64"},
        {"99999999999 square\n", "cube.ref:1: bead, space, name was expected"},
        {"1 square\n\n1 circle\n", "cube.ref:3: bead 1 is given twice"},
        {"1 square\n2 square\n", "cube.ref:2: the name 'square' is given twice"},
    };
    for (const auto& [text, expected] : cases)
        expect_error([text = text] { (void)parse_references(text, "cube.ref", 64); }, expected);
}

BOOST_AUTO_TEST_SUITE_END()
