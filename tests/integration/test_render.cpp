// The command `stereodrr render` from a CT file to pictures, and its exit codes.
#include "test.hpp"

#include <drr/core/file_io.hpp>
#include <drr/imaging/float_image_io.hpp>
#include <drr/imaging/grey_window.hpp>
#include <drr/imaging/image_io.hpp>

#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

namespace fs = std::filesystem;

int run(const std::string& arguments) {
    const std::string command = std::string(STEREODRR_TOOL) + " " + arguments + " >/dev/null 2>&1";
    return WEXITSTATUS(std::system(command.c_str()));
}

/// Air with a block of water on the patient's left (+x) and superior (+z) side.
std::string ct() {
    constexpr int n = 20;
    std::vector<std::int16_t> hu(n * n * n, -1000);
    for (int k = 12; k < 18; ++k)
        for (int j = 6; j < 14; ++j)
            for (int i = 11; i < 17; ++i)
                hu[std::size_t((k * n + j) * n + i)] = 0;
    std::string bytes(hu.size() * 2, '\0');
    std::memcpy(bytes.data(), hu.data(), bytes.size());
    return "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
           "Offset = 0 0 0\nElementSpacing = 5 5 5\nDimSize = 20 20 20\n"
           "ElementType = MET_SHORT\nElementDataFile = LOCAL\n" +
           bytes;
}

const char* rig =
    "schema: stereodrr/rig/v1\nsdd_mm: 1200\nsource_isocentre_mm: 900\nstereo_angle_deg: 6\n"
    "detector: { width_px: 64, height_px: 64, pixel_pitch_mm: 2.5 }\n";

}  // namespace

BOOST_AUTO_TEST_CASE(pictures_are_upright_with_left_at_the_right) {
    const test::TemporaryFolder folder;
    const std::string base = folder.path().string();
    drr::write_file(folder.path() / "ct.mha", ct());
    drr::write_file(folder.path() / "rig.yaml", rig);
    BOOST_REQUIRE_EQUAL(
        run("render --ct " + base + "/ct.mha --rig " + base + "/rig.yaml -o " + base + "/out"), 0);
    for (const char* name : {"view0", "view1"}) {
        const drr::GreyImage image =
            drr::read_grey_image(folder.path() / "out" / (std::string(name) + ".png"));
        BOOST_TEST(image.bits == 16);
        double total = 0.0, column_sum = 0.0, row_sum = 0.0;
        for (int row = 0; row < 64; ++row)
            for (int column = 0; column < 64; ++column) {
                const double value = double(image.pixels(column, row));
                total += value;
                column_sum += value * column;
                row_sum += value * row;
            }
        // The block's centre is 20 mm left and 27 mm above the isocentre: some 10 and 14 px.
        BOOST_TEST(column_sum / total > 31.5 + 5.0);
        BOOST_TEST(row_sum / total < 31.5 - 8.0);
    }
    const auto record =
        nlohmann::json::parse(drr::read_text_file(folder.path() / "out" / "render.json"));
    BOOST_TEST(record.at("schema") == "stereodrr/render/v1");
    BOOST_TEST(record.at("rig").at("isocentre_mm").at(0) == 47.5);
    BOOST_TEST(record.at("views").at(0).at("projection_matrix").size() == 3U);
    const drr::DetectorImage image = drr::read_float_image(folder.path() / "out" / "view0.mha");
    BOOST_TEST((image.spacing_mm == Eigen::Vector2d(2.5, 2.5)));
    BOOST_TEST((image.origin_mm == Eigen::Vector2d(-78.75, -78.75)));  // 31.5 pixels of 2.5 mm
    const float most =
        *std::max_element(image.pixels.pixels().begin(), image.pixels.pixels().end());
    // 40 mm of water at 60 keV, 0.0206 / mm; slanted rays through it are up to 2 % longer.
    BOOST_TEST(most == 40.0 * 0.0206, boost::test_tools::tolerance(0.03));
}

// Rays through homogeneous boxes, away from edges: all projectors give the same there.
BOOST_AUTO_TEST_CASE(every_projector_renders) {
    const test::TemporaryFolder folder;
    const std::string base = folder.path().string();
    drr::write_file(folder.path() / "ct.mha", ct());
    drr::write_file(folder.path() / "rig.yaml", rig);
    const std::string command = "render --ct " + base + "/ct.mha --rig " + base + "/rig.yaml";
    for (const std::string options :
         {"joseph", "siddon", "trilinear", "itk", "joseph --int16", "siddon --plain",
          "joseph --plain --int16", "trilinear --step-voxels 1 --int16"}) {
        const std::string name = options.substr(0, options.find(' '));
        const std::filesystem::path out = folder.path() / name;
        BOOST_REQUIRE_EQUAL(run(command + " --projector " + options + " -o " + out.string()), 0);
        const auto record = nlohmann::json::parse(drr::read_text_file(out / "render.json"));
        BOOST_TEST(record.at("projector").at("name") == name);
        const drr::DetectorImage image = drr::read_float_image(out / "view0.mha");
        const float value = image.pixels(42, 18);  // in the middle of the block's shadow
        BOOST_TEST(value == 40.0 * 0.0206, boost::test_tools::tolerance(0.03));
    }
    BOOST_TEST(run(command + " --projector none -o " + base + "/out") == 2);
    BOOST_TEST(run(command + " --projector trilinear --step-voxels 0 -o " + base + "/out") == 2);
}

BOOST_AUTO_TEST_CASE(all_formats_show_the_same_image) {
    const test::TemporaryFolder folder;
    const std::string base = folder.path().string();
    drr::write_file(folder.path() / "ct.mha", ct());
    drr::write_file(folder.path() / "rig.yaml", rig);
    const std::string command = "render --ct " + base + "/ct.mha --rig " + base + "/rig.yaml -o ";
    const fs::path out = folder.path() / "out";
    BOOST_REQUIRE_EQUAL(run(command + out.string() + " --line-integrals mha,nrrd,tiff --picture " +
                            "png,tiff,dicom --scale intensity --window 0.2:0.9 --invert"),
                        0);
    const auto record = nlohmann::json::parse(drr::read_text_file(out / "render.json"));
    BOOST_TEST(record.at("picture_window").at("scale") == "intensity");
    BOOST_TEST(record.at("picture_window").at("inverted") == true);
    const drr::GreyWindow window{drr::GreyScale::intensity, 0.2, 0.9, true};
    for (const std::string name : {"view0", "view1"}) {
        const drr::DetectorImage image = drr::read_float_image(out / (name + ".mha"));
        BOOST_TEST((drr::read_float_image(out / (name + ".nrrd")).pixels == image.pixels));
        BOOST_TEST((drr::read_float_image(out / (name + ".float.tiff")).pixels == image.pixels));
        const drr::Image<std::uint16_t> picture = drr::to_16_bits(image.pixels, window);
        const drr::Image<float> png = drr::read_grey_image(out / (name + ".png")).pixels;
        BOOST_TEST((drr::read_grey_image(out / (name + ".tiff")).pixels == png));
        BOOST_TEST(std::equal(picture.pixels().begin(), picture.pixels().end(),
                              png.pixels().begin(), png.pixels().end()));
        const std::string dicom = drr::read_text_file(out / (name + ".dcm"));
        BOOST_TEST(dicom.substr(128, 4) == "DICM");
        BOOST_TEST(std::memcmp(dicom.data() + dicom.size() - 64 * 64 * 2, picture.pixels().data(),
                               64 * 64 * 2) == 0);
    }
    for (const auto& view : record.at("views"))
        for (const auto& file : view.at("files"))
            BOOST_TEST(fs::exists(out / file.get<std::string>()), file);

    // Once more elsewhere, on one thread: the same bytes.
    const fs::path again = folder.path() / "again";
    BOOST_REQUIRE_EQUAL(run("--threads 1 " + command + again.string() +
                            " --line-integrals none --picture dicom --scale intensity "
                            "--window 0.2:0.9 --invert"),
                        0);
    BOOST_TEST(!fs::exists(again / "view0.mha"));
    BOOST_TEST(
        (drr::read_text_file(again / "view1.dcm") == drr::read_text_file(out / "view1.dcm")));
}

// A rig, and what stereodrr geometry makes of it.
BOOST_AUTO_TEST_CASE(any_file_of_views_renders) {
    const test::TemporaryFolder folder;
    const std::string base = folder.path().string();
    drr::write_file(folder.path() / "ct.mha", ct());
    drr::write_file(folder.path() / "rig.yaml", rig);
    const auto rendered = [&](const std::string& file, const std::string& detector) {
        BOOST_REQUIRE_EQUAL(run("render --ct " + base + "/ct.mha --rig " + base + "/" + file +
                                " -o " + base + "/out --view 1 " + detector),
                            0);
        return drr::read_float_image(folder.path() / "out" / "view1.mha").pixels;
    };
    // The rig stands at the volume's centre there; the other files say where.
    const drr::Image<float> expected = rendered("rig.yaml", "");
    drr::write_file(folder.path() / "stands.yaml",
                    std::string(rig) + "isocentre_mm: [47.5, 47.5, 47.5]\n");
    for (const std::string name : {"views.yaml", "geometry.xml", "matrices.txt"}) {
        BOOST_REQUIRE_EQUAL(run("geometry " + base + "/stands.yaml -o " + base + "/" + name), 0);
        const bool holds_detector = name == "views.yaml";
        const drr::Image<float> image =
            rendered(name, holds_detector ? "" : "--size-px 64,64 --pitch-mm 2.5");
        double most = 0.0;
        for (std::size_t n = 0; n < image.size(); ++n)
            most = std::max(
                most, std::abs(static_cast<double>(image.pixels()[n] - expected.pixels()[n])));
        // Poses agree to rounding; at the block's edges that shows most.
        BOOST_TEST(most < 1e-5);
    }
    BOOST_TEST(run("render --ct " + base + "/ct.mha --rig " + base + "/matrices.txt -o " + base +
                   "/out") == 2);
}

// A viewer shows what has one SeriesInstanceUID as one series.
BOOST_AUTO_TEST_CASE(other_views_are_another_dicom_series) {
    const test::TemporaryFolder folder;
    const std::string base = folder.path().string();
    drr::write_file(folder.path() / "ct.mha", ct());
    std::vector<std::string> uids;
    for (const std::string angle : {"0", "90"}) {
        drr::write_file(folder.path() / "rig.yaml",
                        std::string(rig) +
                            "isocentre_mm: [47.5, 47.5, 47.5]\nprimary_angle_deg: " + angle + "\n");
        BOOST_REQUIRE_EQUAL(run("geometry " + base + "/rig.yaml -o " + base + "/views.yaml"), 0);
        BOOST_REQUIRE_EQUAL(
            run("render --ct " + base + "/ct.mha --rig " + base + "/views.yaml -o " + base +
                "/out --view 0 --window 0:1 --picture dicom"),
            0);
        const std::string dicom = drr::read_text_file(folder.path() / "out" / "view0.dcm");
        // (0020,000E) UI in explicit little-endian: its length, then the text
        const auto at = dicom.find(std::string("\x20\x00\x0E\x00UI", 6));
        BOOST_REQUIRE(at != std::string::npos);
        uids.push_back(dicom.substr(at + 8, static_cast<unsigned char>(dicom[at + 6])));
    }
    BOOST_TEST(uids[0] != uids[1]);
}

BOOST_AUTO_TEST_CASE(a_rotating_sequence) {
    const test::TemporaryFolder folder;
    const std::string base = folder.path().string();
    drr::write_file(folder.path() / "ct.mha", ct());
    drr::write_file(folder.path() / "rig.yaml", rig);
    const std::string command = "render --ct " + base + "/ct.mha --rig " + base + "/rig.yaml -o ";
    BOOST_REQUIRE_EQUAL(run(command + base + "/still"), 0);
    BOOST_REQUIRE_EQUAL(run(command + base + "/orbit --orbit 0:360:90 --view 1"), 0);
    const fs::path out = folder.path() / "orbit";
    BOOST_TEST((drr::read_text_file(out / "view1-0000.mha") ==
                drr::read_text_file(folder.path() / "still" / "view1.mha")));
    BOOST_TEST(!fs::exists(out / "view1-0004.mha"));
    BOOST_TEST(!fs::exists(out / "view0-0000.mha"));
    const auto record = nlohmann::json::parse(drr::read_text_file(out / "render.json"));
    BOOST_REQUIRE_EQUAL(record.at("views").size(), 4U);
    BOOST_TEST(record.at("views").at(3).at("orbit_deg") == 270.0);
    // The block lies to the patient's left: at the right as seen from before the patient, at the
    // left as seen from behind.
    const auto brightest_column = [&](const char* name) {
        const auto image = drr::read_float_image(out / name).pixels;
        const auto at = std::max_element(image.pixels().begin(), image.pixels().end());
        return (at - image.pixels().begin()) % 64;
    };
    BOOST_TEST(brightest_column("view1-0000.mha") > 32);
    BOOST_TEST(brightest_column("view1-0002.mha") < 31);
}

BOOST_AUTO_TEST_CASE(an_interrupted_sequence_leaves_whole_files) {
    const test::TemporaryFolder folder;
    const std::string base = folder.path().string();
    drr::write_file(folder.path() / "ct.mha", ct());
    drr::write_file(folder.path() / "rig.yaml", rig);
    const fs::path out = folder.path() / "out";
    const std::string command =
        std::string(STEREODRR_TOOL) + " render --ct " + base + "/ct.mha --rig " + base +
        "/rig.yaml -o " + out.string() + " --orbit 0:300:0.01 --view 0 --picture png,dicom & " +
        "while [ ! -e " + out.string() + "/view0-0005.dcm ]; do sleep 0.01; done; " +
        "kill -TERM $!; wait $!";
    BOOST_TEST(WEXITSTATUS(std::system(command.c_str())) == 128 + SIGTERM);
    BOOST_TEST(!fs::exists(out / "render.json"));
    std::size_t images = 0, others = 0;
    for (const auto& file : fs::directory_iterator(out)) {
        if (file.path().extension() == ".mha") {
            (void)drr::read_float_image(file.path());  // throws unless it is whole
            ++images;
        } else {
            ++others;
        }
        BOOST_TEST(!file.path().filename().string().starts_with("."));
    }
    BOOST_TEST(images > 5U);
    BOOST_TEST(others == 2 * images);
}

// The block is water (0 HU) in air: rules and windows act on what they should.
BOOST_AUTO_TEST_CASE(attenuation_options) {
    const test::TemporaryFolder folder;
    const std::string base = folder.path().string();
    drr::write_file(folder.path() / "ct.mha", ct());
    drr::write_file(folder.path() / "rig.yaml", rig);
    const auto largest = [&](const std::string& more) {
        BOOST_REQUIRE_EQUAL(run("render --ct " + base + "/ct.mha --rig " + base + "/rig.yaml -o " +
                                base + "/out " + more),
                            0);
        const auto image = drr::read_float_image(folder.path() / "out" / "view0.mha").pixels;
        return *std::max_element(image.pixels().begin(), image.pixels().end());
    };
    const float water = largest("");
    BOOST_TEST(largest("--mu-rule bilinear") == water);
    BOOST_TEST(largest("--hu-window -100:100") == water);
    BOOST_TEST(largest("--hu-window -100:") == water);
    BOOST_TEST(largest("--hu-clip -500") == 0.5F * water,
               boost::test_tools::tolerance(1e-5F));  // rounding of floats
    // NIST: water at 60 and 100 keV, 0.2059 and 0.1707 cm2/g; xraylib agrees to 2 %.
    BOOST_TEST(largest("--energy-kev 100") / water == 0.1707F / 0.2059F,
               boost::test_tools::tolerance(0.02F));
    const auto record =
        nlohmann::json::parse(drr::read_text_file(folder.path() / "out" / "render.json"));
    BOOST_TEST(record.at("attenuation").at("energy_kev") == 100.0);
    BOOST_TEST(record.at("attenuation").at("knots").size() == 2U);
    BOOST_TEST(record.at("attenuation").at("window_hu").at(0).is_null());
}

BOOST_AUTO_TEST_CASE(exit_codes) {
    const test::TemporaryFolder folder;
    const std::string base = folder.path().string();
    drr::write_file(folder.path() / "ct.mha", ct());
    drr::write_file(folder.path() / "rig.yaml", rig);
    drr::write_file(folder.path() / "far.yaml",
                    std::string(rig) + "isocentre_mm: [47.5, 47.5, 9000]\n");
    const auto render = [&](const std::string& ct_path, const std::string& rig_path,
                            const std::string& more = "") {
        return run("render --ct " + base + "/" + ct_path + " --rig " + base + "/" + rig_path +
                   " -o " + base + "/out " + more);
    };
    BOOST_TEST(run("render") == 2);
    BOOST_TEST(render("ct.mha", "rig.yaml", "--energy-kev 1") == 2);
    for (const char* wrong :
         {"--window 3:1", "--window 1", "--window 0:nan", "--window 0:1:2", "--window a:b",
          "--scale sqrt", "--picture gif", "--orbit 0:360", "--view 2", "--view -1"})
        BOOST_TEST(render("ct.mha", "rig.yaml", wrong) == 2, wrong);
    BOOST_TEST(render("ct.mha", "rig.yaml", "--mu-rule none") == 2);
    BOOST_TEST(render("ct.mha", "rig.yaml", "--mu-rule bilinear --scan-energy-kev 1") == 2);
    for (const std::string window : {"200", "200:100", "a:b", "1:2:3", "nan:", "1e999:"})
        BOOST_TEST(render("ct.mha", "rig.yaml", "--hu-window " + window) == 2, window);
    BOOST_TEST(render("ct.mha", "rig.yaml", "--hu-clip -2000") == 2);
    BOOST_TEST(render("ct.mha", "rig.yaml", "--hu-window 5000:") == 5);  // nothing is left
    BOOST_TEST(render("rig.yaml", "rig.yaml") == 3);
    BOOST_TEST(render("ct.mha", "ct.mha") == 3);
    BOOST_TEST(render("none.mha", "rig.yaml") == 4);
    BOOST_TEST(render("ct.mha", "far.yaml") == 5);
    BOOST_TEST(!fs::exists(folder.path() / "out"));
}
