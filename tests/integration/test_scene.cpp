// The command `stereodrr scene --imaging`: radiographs of a steel bead that jumps aside between
// frames 0 and 1, seen by two views.
#include "tool_folder.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/file_io.hpp>
#include <drr/geometry/intensifier_distortion.hpp>
#include <drr/imaging/float_image_io.hpp>
#include <drr/imaging/image_io.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <vector>

namespace {

namespace fs = std::filesystem;

const char* bead_phantom =
    "schema: stereodrr/phantom/v1\nname: bead\n"
    "beads:\n  - { id: 1, center_mm: [0, 0, 0], diameter_mm: 3, material: steel }\n";

const char* jump =
    "schema: stereodrr/scene/v1\nname: a bead jumps\nframes: 3\nrate_hz: 100\nbodies:\n"
    "  - name: bead\n    phantom: bead.yaml\n    poses:\n"
    "      - { time_s: 0, translation_mm: [0, 0, 10] }\n"
    "      - { time_s: 0.01, translation_mm: [0, 0, -10] }\n";

const char* rig =
    "schema: stereodrr/rig/v1\nsdd_mm: 1200\nsource_isocentre_mm: 900\nstereo_angle_deg: 60\n"
    "detector: { width_px: 64, height_px: 64, pixel_pitch_mm: 1 }\n";

// All effects off.
const std::string plain =
    "schema: stereodrr/imaging/v1\nphoton_energy_kev: 60\nphotons_per_pixel: 20000\n"
    "quantum_noise: false\n";
constexpr double open_grey = 50000.0;  // the default

/// The scene.
class Laboratory : public test::ToolFolder {
  public:
    Laboratory() {
        drr::write_file(path() / "bead.yaml", bead_phantom);
        drr::write_file(path() / "jump.yaml", jump);
        drr::write_file(path() / "rig.yaml", rig);
    }

    /// Renders to the folder `name`, which is returned.
    [[nodiscard]] fs::path render(const std::string& name, const std::string& imaging,
                                  const std::string& arguments = "") const {
        drr::write_file(path() / (name + ".yaml"), imaging);
        succeed("scene jump.yaml --rig rig.yaml --imaging " + name + ".yaml -o " + name + " " +
                arguments);
        return path() / name;
    }
};

fs::path image_file(const fs::path& folder, int view, int frame, const std::string& extension) {
    return folder /
           ("view" + std::to_string(view) + "_frame000" + std::to_string(frame) + extension);
}

drr::Image<float> radiograph(const fs::path& folder, int view, int frame) {
    return drr::read_grey_image(image_file(folder, view, frame, ".png")).pixels;
}

/// The rows of markers.csv, each by the names of its columns.
std::vector<std::map<std::string, std::string>> marker_rows(const fs::path& folder) {
    std::istringstream lines(drr::read_text_file(folder / "markers.csv"));
    const auto cells = [](const std::string& line) {
        std::istringstream stream(line);
        std::vector<std::string> result;
        for (std::string cell; std::getline(stream, cell, ',');)
            result.push_back(cell);
        return result;
    };
    std::string line;
    std::getline(lines, line);
    const auto names = cells(line);
    std::vector<std::map<std::string, std::string>> rows;
    while (std::getline(lines, line)) {
        const auto values = cells(line);
        BOOST_REQUIRE_EQUAL(values.size(), names.size());
        for (std::size_t n = 0; n < names.size(); ++n) {
            if (n == 0) rows.emplace_back();
            rows.back()[names[n]] = values[n];
        }
    }
    return rows;
}

/// Where a row of markers.csv has its marker in the image.
Eigen::Vector2d pixel(const std::map<std::string, std::string>& row, const std::string& suffix) {
    return {std::stod(row.at("u" + suffix)), std::stod(row.at("v" + suffix))};
}

/// The centroid of what the bead takes away about that pixel, where `open` has the bead elsewhere.
Eigen::Vector2d shadow_px(const drr::Image<float>& image, const drr::Image<float>& open,
                          const Eigen::Vector2d& about_px) {
    constexpr double reach_px = 8.0;  // the bead has a radius of 2, and is moved by 27
    double total = 0.0;
    Eigen::Vector2d sum(0, 0);
    for (int v = 0; v < image.height(); ++v)
        for (int u = 0; u < image.width(); ++u) {
            if ((Eigen::Vector2d(u, v) - about_px).norm() > reach_px) continue;
            const double share = 1.0 - image(u, v) / open(u, v);
            total += share;
            sum += share * Eigen::Vector2d(u, v);
        }
    return sum / total;
}

double largest_difference(const drr::Image<float>& a, const drr::Image<float>& b) {
    double most = 0.0;
    for (std::size_t n = 0; n < a.pixels().size(); ++n)
        most = std::max(most, double(std::abs(a.pixels()[n] - b.pixels()[n])));
    return most;
}

drr::Image<float> weighted_sum(std::vector<std::pair<double, drr::Image<float>>> terms) {
    drr::Image<float> sum = terms.front().second;
    for (std::size_t n = 0; n < sum.pixels().size(); ++n) {
        double value = 0.0;
        for (const auto& [weight, image] : terms)
            value += weight * image.pixels()[n];
        sum.pixels()[n] = static_cast<float>(value);
    }
    return sum;
}

// Grey values are rounded to whole ones; intensities are single precision.
constexpr double rounded_grey = 0.5 + open_grey * 1e-6;

}  // namespace

BOOST_AUTO_TEST_CASE(with_all_effects_off_a_radiograph_is_the_line_integral) {
    const Laboratory laboratory;
    const fs::path out = laboratory.render("plain", plain);
    for (const int view : {0, 1})
        for (const int frame : {0, 1, 2}) {
            drr::Image<float> expected =
                drr::read_float_image(image_file(out, view, frame, ".mha")).pixels;
            for (float& value : expected.pixels())
                value = static_cast<float>(open_grey * std::exp(-double(value)));
            const auto image = radiograph(out, view, frame);
            BOOST_TEST(largest_difference(image, expected) < rounded_grey);
            BOOST_TEST(*std::min_element(image.pixels().begin(), image.pixels().end()) <
                       0.1 * open_grey);  // the bead is there: 3 mm of steel
        }
    const auto truth = nlohmann::json::parse(drr::read_text_file(out / "truth.json"));
    BOOST_TEST(truth.at("images").at(0).at("files").size() == 2U);
    BOOST_TEST(truth.at("seed") == 0);
    BOOST_TEST(!truth.contains("picture_window"));
    BOOST_TEST(marker_rows(out).at(0).count("u_distorted_px") == 0U);
}

BOOST_AUTO_TEST_CASE(lag_leaves_a_ghost_where_the_bead_was) {
    const Laboratory laboratory;
    const fs::path without = laboratory.render("plain", plain, "--line-integrals none");
    const double f = 0.2, d = 0.5;
    const fs::path with = laboratory.render("lag", plain + "lag: { fraction: 0.2, decay: 0.5 }\n",
                                            "--line-integrals none");
    const auto markers = marker_rows(with);  // views 0 and 1 of frame 0 come first
    for (const int view : {0, 1}) {
        const auto before = radiograph(without, view, 0), after = radiograph(without, view, 1);
        // Each image in the sum is rounded too, and the weights add up to 1.
        BOOST_TEST(largest_difference(radiograph(with, view, 0), before) < 2.0 * rounded_grey);
        BOOST_TEST(largest_difference(radiograph(with, view, 1),
                                      weighted_sum({{1.0 - f, after}, {f, before}})) <
                   2.0 * rounded_grey);
        BOOST_TEST(largest_difference(radiograph(with, view, 2),
                                      weighted_sum({{1.0 - f * d, after}, {f * d, before}})) <
                   2.0 * rounded_grey);
        // 3 mm of steel let 6 % pass at 60 keV: the ghost is nearly f deep.
        const Eigen::Vector2d was = pixel(markers[std::size_t(view)], "_px");
        const auto u = int(std::lround(was.x())), v = int(std::lround(was.y()));
        BOOST_TEST(after(u, v) == open_grey, boost::test_tools::tolerance(1e-3));
        BOOST_TEST(radiograph(with, view, 1)(u, v) < (1.0 - 0.9 * f) * open_grey);
    }
    BOOST_TEST(!fs::exists(image_file(with, 0, 0, ".mha")));
}

BOOST_AUTO_TEST_CASE(the_seed_names_the_noise) {
    const Laboratory laboratory;
    const std::string noisy =
        "schema: stereodrr/imaging/v1\nbeam: { kvp: 65 }\nphotons_per_pixel: 500\n"
        "scatter: { ratio: 0.5, sigma_mm: 20 }\nlag: { fraction: 0.1, decay: 0.3 }\n"
        "point_spread: { exponential_length_px: 0.5 }\nelectronic_noise_photons: 5\nbits: 12\n"
        "open_beam_grey: 3500\n";
    const fs::path one = laboratory.render("one", noisy, "--seed 7 --threads 1");
    const fs::path same = laboratory.render("same", noisy, "--seed 7");
    const fs::path other = laboratory.render("other", noisy, "--seed 8");
    for (const int view : {0, 1})
        for (const int frame : {0, 1, 2}) {
            const auto bytes = [&](const fs::path& folder) {
                return drr::read_text_file(image_file(folder, view, frame, ".png"));
            };
            BOOST_TEST((bytes(one) == bytes(same)));
            BOOST_TEST((bytes(one) != bytes(other)));
        }
    // 500 photons have a standard deviation of 157 of 3500 grey values: other frames and other
    // views must differ by more than rounding where there is air alone.
    const double corner = radiograph(one, 0, 1)(2, 2);
    BOOST_TEST(corner != double(radiograph(one, 0, 2)(2, 2)));
    BOOST_TEST(corner != double(radiograph(one, 1, 1)(2, 2)));

    // The record of the run is an imaging file: what it says gives the same images again.
    const auto truth = nlohmann::json::parse(drr::read_text_file(one / "truth.json"));
    BOOST_TEST(truth.at("seed") == 7);
    const fs::path again =
        laboratory.render("again", truth.at("imaging").at("yaml").get<std::string>(), "--seed 7");
    BOOST_TEST((drr::read_text_file(image_file(one, 1, 2, ".png")) ==
                drr::read_text_file(image_file(again, 1, 2, ".png"))));
}

BOOST_AUTO_TEST_CASE(markers_are_also_where_the_intensifier_shows_them) {
    const Laboratory laboratory;
    const fs::path out = laboratory.render(
        "distorted", plain +
                         "distortion: { center_px: [31.5, 31.5], radius_px: 32, pincushion: 0.2, "
                         "sigmoid_deg: 5 }\n");
    const drr::IntensifierDistortion distortion{.center_px = {31.5, 31.5},
                                                .radius_px = 32,
                                                .pincushion = 0.2,
                                                .sigmoid_rad = 5 * drr::degree};
    const auto rows = marker_rows(out);
    BOOST_REQUIRE_EQUAL(rows.size(), 6U);
    for (const auto& row : rows) {
        const Eigen::Vector2d undistorted = pixel(row, "_px"), shown = pixel(row, "_distorted_px");
        BOOST_TEST((shown - distortion.distort(undistorted)).norm() < 2e-6);  // six decimals
        BOOST_TEST((shown - undistorted).norm() > 0.3);
        // To second order the image of a bead's area has its centroid 12 sd^2 pincushion r /
        // radius^2 beyond the image of its centre: 0.03 px for a standard deviation of 1 px at r =
        // 13 px.
        const int view = std::stoi(row.at("view")), frame = std::stoi(row.at("frame"));
        const auto image = radiograph(out, view, frame);
        const auto elsewhere = radiograph(out, view, frame == 0 ? 1 : 0);
        BOOST_TEST((shadow_px(image, elsewhere, shown) - shown).norm() < 0.05);
    }
}
