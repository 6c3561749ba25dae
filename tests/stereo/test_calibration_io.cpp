#include "test.hpp"

#include <drr/core/error.hpp>
#include <stereo/calib/calibration_io.hpp>

#include <fstream>
#include <sstream>
#include <string>

using namespace stereo;

namespace {

const std::string example =
    "image size\n1760,1700\n\ncamera matrix\n6000,0,880.3\n0,6010,744.7\n0,0,1\n\n"
    "rotation\n1,0,0\n0,0,-1\n0,1,0\n\ntranslation\n3\n-2\n110\n";

struct File {
    test::TemporaryFolder folder;
    std::filesystem::path path = folder.path() / "cam.txt";

    ViewCalibration read(const std::string& text) const {
        std::ofstream(path, std::ios::binary) << text;
        return read_mayacam2(path);
    }
    std::string error(const std::string& text) const {
        try {
            (void)read(text);
        } catch (const drr::Error& error) {
            BOOST_TEST((error.code() == drr::ErrorCode::invalid_file));
            return std::string(error.what()).substr(folder.path().string().size() + 1);
        }
        return "no error";
    }
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_the_example_and_writes_the_same_bytes) {
    const File file;
    const ViewCalibration c = file.read(example);
    BOOST_TEST(c.view.width_px == 1760);
    BOOST_TEST(c.view.height_px == 1700);
    BOOST_TEST(c.view.pinhole.fy_px == 6010.0);
    BOOST_TEST(c.view.pinhole.cx_px == 880.3);
    BOOST_TEST(!c.distortion.has_value());
    // x_cam = R x + t, by hand.
    const Eigen::Vector3d moved = c.view.view_from_world * Eigen::Vector3d(1.0, 2.0, 3.0);
    BOOST_TEST((moved - Eigen::Vector3d(4.0, -5.0, 112.0)).norm() < 1e-12);
    write_mayacam2(file.path, c);
    const ViewCalibration again = read_mayacam2(file.path);
    BOOST_TEST((again.view.projection_matrix() - c.view.projection_matrix()).norm() < 1e-9);
    // The blank lines are where readers by line number expect them.
    std::ifstream stream(file.path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    BOOST_REQUIRE(lines.size() == 17U);
    BOOST_TEST(lines[1] == "1760,1700");
    BOOST_TEST(lines[4] == "6000,0,880.3");
    for (const std::size_t blank : {2U, 7U, 12U})
        BOOST_TEST(lines[blank].empty());
    BOOST_TEST(lines[14] == "3");
}

BOOST_AUTO_TEST_CASE(reads_both_kinds_of_distortion_and_crlf) {
    const File file;
    const std::string lines = example + "\nundistortion\n0.1\n0.2\n0\n0\n0.5\n0\n0\n-0.8\n";
    const std::string one = example + "\nundistortion\n0.1,0.2,0,0,0.5,0,0,-0.8\n";
    for (const std::string& text : {lines, one, replaced(lines, "\n", "\r\n")}) {
        const ViewCalibration c = file.read(text);
        BOOST_REQUIRE(c.distortion.has_value());
        BOOST_TEST(c.distortion->coefficients[4] == 0.5);
        BOOST_TEST(c.distortion->coefficients[7] == -0.8);
        write_mayacam2(file.path, c);
        BOOST_TEST(
            (read_mayacam2(file.path).distortion->coefficients == c.distortion->coefficients));
    }
}

BOOST_AUTO_TEST_CASE(malformed_files_name_file_and_line) {
    const File file;
    BOOST_TEST(file.error("") == "cam.txt:1: the file ends before the heading 'image size'");
    BOOST_TEST(file.error(replaced(example, "6010", "nan")) ==
               "cam.txt:6: camera matrix: 'nan' is not a finite number");
    BOOST_TEST(file.error(replaced(example, "6000,0", "6000,1")) ==
               "cam.txt:7: camera matrix: fx,0,cx / 0,fy,cy / 0,0,1 was expected");
    BOOST_TEST(file.error(replaced(example, "0,0,-1", "0,0,1")) ==
               "cam.txt:12: rotation: the matrix is not a rotation");
    BOOST_TEST(file.error(replaced(example, "1760,1700", "1760")) ==
               "cam.txt:2: image size: 2 numbers were expected, not 1");
    BOOST_TEST(file.error(replaced(example, "rotation", "rotate")) ==
               "cam.txt:9: the heading 'rotation' was expected (MayaCam 2.0)");
    BOOST_TEST(file.error(example + "rubbish\n") ==
               "cam.txt:18: the heading 'undistortion' was expected (MayaCam 2.0)");
    // Cut off anywhere, the file is refused: only the last numbers' digits can go unnoticed.
    for (std::size_t size = 0; size < example.size() - 4; ++size)
        BOOST_TEST(file.error(example.substr(0, size)) != "no error", size);
}
