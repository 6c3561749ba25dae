// DICOM images as other programs read them: dcmdump and dcm2pnm of DCMTK, dciodvfy of dicom3tools.
#include "dicom_scene.hpp"
#include "test.hpp"

#include <drr/imaging/image_io.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

using namespace drr;
using namespace test;

namespace {

/// What a command writes, standard error too.
std::string output_of(const std::string& command) {
    FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
    std::string text;
    std::array<char, 4096> buffer{};
    for (std::size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
        text.append(buffer.data(), n);
    pclose(pipe);
    return text;
}

/// The value that dcmdump prints for a tag, e.g. "0018,1110", of any length.
std::string value_of(const std::filesystem::path& path, const std::string& tag) {
    const std::string line = output_of("dcmdump +L +P " + tag + " " + path.string());
    const std::size_t begin = line.find(") ") + 5;  // behind the representation
    std::string value = line.substr(begin, line.rfind('#') - begin);
    value.erase(value.find_last_not_of(' ') + 1);
    return value.starts_with('[') ? value.substr(1, value.size() - 2) : value;
}

std::vector<double> numbers_of(const std::filesystem::path& path, const std::string& tag) {
    std::vector<double> numbers;
    std::istringstream text(value_of(path, tag));
    for (std::string number; std::getline(text, number, '\\');)
        numbers.push_back(std::stod(number));
    return numbers;
}

const auto printed = boost::test_tools::tolerance(1e-9);  // 10 digits in decimal strings

struct Programs {
    Programs() {
        for (const char* name : {"dcmdump", "dcm2pnm", "dciodvfy"})
            need_program(name);
    }
};
BOOST_TEST_GLOBAL_FIXTURE(Programs);

}  // namespace

BOOST_AUTO_TEST_CASE(valid_as_dciodvfy_sees_it) {
    const test::TemporaryFolder folder;
    for (const GreyScale scale : {GreyScale::log, GreyScale::intensity}) {
        write_dicom_image(folder.path() / "a.dcm", {scale, 0.1, 0.9});
        const std::string report = output_of("dciodvfy " + (folder.path() / "a.dcm").string());
        BOOST_TEST(report.find("XAImage") != std::string::npos, report);
        BOOST_TEST(report.find("Error") == std::string::npos, report);
    }
}

BOOST_AUTO_TEST_CASE(geometry_as_dcmdump_prints_it) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.dcm";
    write_dicom_image(path, {GreyScale::log, 0.5, 3.5});
    const XrayView view = dicom_view();
    BOOST_TEST(numbers_of(path, "0018,1110") == std::vector<double>{1200.0});
    BOOST_TEST(numbers_of(path, "0018,1111") == std::vector<double>{900.0}, printed);
    BOOST_TEST(numbers_of(path, "0018,1114").at(0) == 4.0 / 3.0, printed);
    BOOST_TEST(value_of(path, "0018,1164") == "0.4\\0.8");  // the distance of rows comes first
    BOOST_TEST(value_of(path, "0020,0020") == "L\\F");      // left at the right, feet below
    BOOST_TEST(value_of(path, "0019,0010") == "STEREODRR");
    // View 1 of a rig of 0.1 rad stands 0.05 rad past 180 degrees: the detector towards the right.
    const double past_180_deg = 0.05 * 180.0 / std::numbers::pi;
    BOOST_TEST(numbers_of(path, "0018,1510").at(0) == -180.0 + past_180_deg, printed);
    BOOST_TEST(numbers_of(path, "0018,1511") == std::vector<double>{0.0});

    // The isocentre falls on the principal point, by the matrix as another program sees it.
    const auto p = numbers_of(path, "0019,1001");
    BOOST_REQUIRE_EQUAL(p.size(), 12U);
    const Eigen::Matrix<double, 3, 4> matrix =
        Eigen::Map<const Eigen::Matrix<double, 3, 4, Eigen::RowMajor>>(p.data());
    for (const Eigen::Vector3d& point :
         {Eigen::Vector3d(10.0, -20.0, 30.0), Eigen::Vector3d(25.0, -30.0, 42.0)}) {
        const Eigen::Vector2d pixel = (matrix * point.homogeneous()).hnormalized();
        BOOST_TEST((pixel - view.project(point)).norm() < 1e-3);  // 8 digits of 12 numbers
    }
    const auto centre = numbers_of(path, "0019,1003");
    BOOST_TEST(centre == (std::vector<double>{29.5, 19.5}));
    BOOST_TEST(numbers_of(path, "0019,1002").size() == 12U);
}

BOOST_AUTO_TEST_CASE(grey_values_say_what_they_mean) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.dcm";
    struct Case {
        GreyWindow window;
        std::string relationship, sign;
        std::vector<double> ends;
    };
    for (const Case& c :
         {Case{{GreyScale::log, 0.5, 3.5, false}, "LOG", "-1", {0.5, 3.5}},
          Case{{GreyScale::log, 0.5, 3.5, true}, "LOG", "1", {3.5, 0.5}},
          Case{{GreyScale::intensity, 0.25, 0.75, false}, "LIN", "-1", {0.75, 0.25}},
          Case{{GreyScale::intensity, 0.25, 0.75, true}, "LIN", "1", {0.25, 0.75}}}) {
        write_dicom_image(path, c.window);
        BOOST_TEST(value_of(path, "0028,0004") == "MONOCHROME2");
        BOOST_TEST(value_of(path, "0028,1040") == c.relationship);
        BOOST_TEST(value_of(path, "0028,1041") == c.sign);
        BOOST_TEST(numbers_of(path, "0019,1004") == c.ends);
    }
}

// exp(-L) at the stored values 0, a third and 65535 of a window from 1 to 4, relative to exp(-1).
BOOST_AUTO_TEST_CASE(log_has_a_table_to_linear) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.dcm";
    write_dicom_image(path, {GreyScale::log, 1.0, 4.0});
    BOOST_TEST(value_of(path, "0028,3002") == "0\\0\\16");
    const std::string table = value_of(path, "0028,3006");  // hexadecimal words
    BOOST_REQUIRE_EQUAL(table.size(), 65536U * 5U - 1U);
    const auto entry = [&](std::size_t n) {
        return std::stoi(table.substr(5 * n, 4), nullptr, 16);
    };
    BOOST_TEST(entry(0) == 65535);
    BOOST_TEST(entry(21845) == std::lround(65535 * std::exp(-1.0)));
    BOOST_TEST(entry(65535) == std::lround(65535 * std::exp(-3.0)));
    write_dicom_image(path, {GreyScale::log, 1.0, 4.0, true});
    const std::string inverted = value_of(path, "0028,3006");
    BOOST_TEST(inverted.substr(0, 4) == table.substr(65535 * 5, 4));
    BOOST_TEST(inverted.substr(65535 * 5, 4) == "ffff");
}

BOOST_AUTO_TEST_CASE(pixels_as_dcm2pnm_draws_them) {
    const test::TemporaryFolder folder;
    for (const GreyWindow& window :
         {GreyWindow{GreyScale::log, 0.5, 3.5}, GreyWindow{GreyScale::intensity, 0.0, 0.8, true}}) {
        const auto path = folder.path() / "a.dcm";
        const auto drawn = folder.path() / "a.pgm";
        write_dicom_image(path, window);
        const std::string said =
            output_of("dcm2pnm +Wi 1 +opb " + path.string() + " " + drawn.string());
        BOOST_TEST(said == "");
        const Image<std::uint16_t> picture = to_16_bits(random_line_integrals(), window);
        const GreyImage image = read_grey_image(drawn);
        BOOST_TEST(image.bits == 8);
        for (std::size_t n = 0; n < picture.size(); ++n)
            BOOST_TEST(std::abs(image.pixels.pixels()[n] -
                                static_cast<float>(picture.pixels()[n]) / 257.0F) <= 1.0F);
    }
}

BOOST_AUTO_TEST_CASE(uids_follow_what_they_name) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.dcm";
    struct Uids {
        std::string study, series, instance;
    };
    const auto uids = [&](const DicomImageOptions& options, double high = 3.5) {
        write_dicom_image(path, {GreyScale::log, 0.5, high}, options);
        for (const char* tag : {"0020,000d", "0020,000e", "0008,0018"})
            BOOST_TEST(
                std::regex_match(value_of(path, tag), std::regex("2\\.25\\.[1-9][0-9]{0,38}")));
        return Uids{value_of(path, "0020,000d"), value_of(path, "0020,000e"),
                    value_of(path, "0008,0018")};
    };
    const Uids first = uids({});
    const Uids other_pixels = uids({}, 3.6);
    BOOST_TEST(other_pixels.series == first.series);
    BOOST_TEST(other_pixels.instance != first.instance);
    const Uids other_series = uids({.series = "b"});
    BOOST_TEST(other_series.study == first.study);
    BOOST_TEST(other_series.series != first.series);
    const Uids other_study = uids({.study = "b"});
    BOOST_TEST(other_study.study != first.study);
    BOOST_TEST(other_study.series != first.series);
}
