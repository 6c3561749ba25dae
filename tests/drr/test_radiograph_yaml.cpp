#include "test.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/imaging/radiograph_yaml.hpp>

#include <string>
#include <vector>

using namespace drr;

namespace {

RadiographOptions read(const std::string& keys) {
    const YamlMap map =
        parse_yaml("schema: stereodrr/experiment/v1\n" + keys, "file", "experiment");
    RadiographOptions options = read_radiograph_options(map);
    map.finish();
    return options;
}

const std::string mono = "photon_energy_kev: 60\nphotons_per_pixel: 1000\n";
const std::string tube =
    "beam: { kvp: 80, filters: [{ material: aluminium, thickness_mm: 2.5 }] }\n"
    "air_kerma_ugy: 2.5\n";

const std::string everything = R"(beam:
  kvp: 80
  anode_angle_deg: 10
  filters:
    - { material: aluminium, thickness_mm: 2.5 }
    - { material: copper, thickness_mm: 0.1 }
detector: { scintillator: csi, thickness_mm: 0.5, kind: photon_counting, fluorescence: escapes }
air_kerma_ugy: 1.5
heel: { anode_direction_deg: 90 }
scatter:
  ratio: 0.8
  line_integral: 2
  sigma_mm: 40
  grid: { primary_transmission: 0.75, scatter_transmission: 0.2 }
distortion: { center_px: [511.5, 500], radius_px: 512, pincushion: 0.05, sigmoid_deg: 3 }
quantum_noise: false
point_spread: { mtf: { cycles_per_mm: [0, 1, 2], values: [1, 0.6, 0.3] } }
lag: { fraction: 0.03, decay: 0.5 }
flaws:
  seed: 18446744073709551615
  gain_sd: 0.01
  dead_fraction: 0.0001
  offset_grey: 100
  dead_pixels:
    - { u_px: 3, v_px: 4 }
    - { u_px: 5, v_px: 6 }
electronic_noise_photons: 2.5
bits: 12
open_beam_grey: 3000
)";

}  // namespace

BOOST_AUTO_TEST_SUITE(radiograph_yaml_text)

BOOST_AUTO_TEST_CASE(each_key_is_read) {
    const RadiographOptions options = read(everything);
    const auto& [of_tube, detector] = std::get<TubeBeam>(options.beam);
    BOOST_TEST(of_tube.voltage_kv == 80.0);
    BOOST_TEST(of_tube.anode_angle_rad == 10.0 * degree);
    BOOST_TEST(of_tube.filters.size() == 2U);
    BOOST_TEST(of_tube.filters[1].material.name == "copper");
    BOOST_TEST(of_tube.filters[1].thickness_mm == 0.1);
    BOOST_TEST(detector.thickness_mm == 0.5);
    BOOST_TEST((detector.kind == DetectorKind::photon_counting));
    BOOST_TEST((detector.fluorescence == Fluorescence::escapes));
    BOOST_TEST(options.air_kerma_ugy.value() == 1.5);
    BOOST_TEST(options.heel.value().anode_direction_rad == 90.0 * degree);
    BOOST_TEST(options.scatter.value().ratio == 0.8);
    BOOST_TEST(options.scatter.value().line_integral == 2.0);
    BOOST_TEST(options.scatter.value().sigma_mm == 40.0);
    BOOST_TEST(options.scatter.value().grid.value().scatter_transmission == 0.2);
    BOOST_TEST(options.distortion.value().center_px.y() == 500.0);
    BOOST_TEST(options.distortion.value().sigmoid_rad == 3.0 * degree);
    BOOST_TEST(!options.quantum_noise);
    BOOST_TEST(std::get<MtfTable>(options.point_spread.value().shape).values[1] == 0.6);
    BOOST_TEST(options.lag.value().decay == 0.5);
    BOOST_TEST(options.flaws.value().dead_pixels[1].y() == 6);
    BOOST_TEST(options.flaws.value().seed == 18446744073709551615ULL);
    BOOST_TEST(options.electronic_noise_photons == 2.5);
    BOOST_TEST(options.bits == 12);
    BOOST_TEST(options.open_beam_grey == 3000.0);
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_off) {
    const RadiographOptions options = read(mono);
    BOOST_TEST(std::get<MonoenergeticBeam>(options.beam).photon_energy_kev == 60.0);
    BOOST_TEST(options.photons_per_pixel == 1000.0);
    BOOST_TEST(!(options.heel || options.scatter || options.distortion || options.point_spread ||
                 options.lag || options.flaws || options.air_kerma_ugy));
    BOOST_TEST(options.quantum_noise);
    BOOST_TEST(options.electronic_noise_photons == 0.0);
}

BOOST_AUTO_TEST_CASE(parts_of_pixels_follow_the_point_spread_unless_given) {
    const auto subpixels = [](const std::string& spread) {
        return read(mono + "point_spread: { " + spread + " }\n").subpixels();
    };
    BOOST_TEST(read(mono).subpixels() == 1);
    BOOST_TEST(subpixels("gaussian_sigma_px: 0.6") == 2);
    BOOST_TEST(subpixels("exponential_length_px: 2.5") == 1);
    BOOST_TEST(subpixels("gaussian_sigma_px: 0.6, subpixels: 1") == 1);
    BOOST_TEST(subpixels("exponential_length_px: 2.5, subpixels: 8") == 8);
    BOOST_CHECK_THROW((void)subpixels("gaussian_sigma_px: 0.6, subpixels: 9"), Error);
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back) {
    for (const std::string& text :
         {mono, tube, everything, mono + "point_spread: { gaussian_sigma_px: 0.6 }\n",
          mono + "point_spread: { exponential_length_px: 0.4 }\n",
          mono + "point_spread: { gaussian_sigma_px: 0.6, subpixels: 3 }\n",
          mono + "scatter: { ratio: 0.3, sigma_mm: 20 }\n"}) {
        const std::string written = radiograph_yaml(read(text));
        BOOST_TEST(radiograph_yaml(read(written)) == written);
        // Indented it is a mapping within another.
        const YamlMap map = parse_yaml(
            "schema: stereodrr/experiment/v1\nimaging:\n" + radiograph_yaml(read(text), 2), "file",
            "experiment");
        BOOST_TEST(radiograph_yaml(read_radiograph_options(map.map("imaging"))) == written);
    }
    RadiographOptions own = read(tube);
    std::get<TubeBeam>(own.beam).detector.scintillator =
        material_from_formula("gos", "Gd2O2S", 7.3);
    BOOST_CHECK_THROW((void)radiograph_yaml(own), Error);
}

BOOST_AUTO_TEST_CASE(errors_name_line_and_key) {
    const struct {
        std::string text;
        std::string where;
        std::string says;
    } cases[] = {
        {"photons_per_pixel: 10\n", "file:1", "'photon_energy_kev' is missing"},
        {"photon_energy_kev: 60\n", "file:1", "'photons_per_pixel' is missing"},
        {mono + tube, "file:2", "exclude each other"},
        {mono + "detector: { thickness_mm: 0.5 }\n", "file:4", "'detector' needs a 'beam'"},
        {mono + "air_kerma_ugy: 1\n", "file:4", "exclude each other"},
        {"photon_energy_kev: 60\nair_kerma_ugy: 1\n", "file:3", "needs a 'beam'"},
        {mono + "heel: { anode_direction_deg: 0 }\n", "file:4", "'heel' needs a 'beam'"},
        {"beam: { kvp: 20 }\nphotons_per_pixel: 10\n", "file:2", "between 30 and 150 kV"},
        {"beam: { kvp: 80, filters: [{ material: unobtainium, thickness_mm: 1 }] }\n", "file:2",
         "unobtainium"},
        {"beam: { kvp: 80, filters: [{ material: lead, thickness_mm: 90 }] }\n", "file:2",
         "leave no photons"},
        {"beam: { kvp: 80, filters: [{ material: lead, thickness_mm: -1 }] }\n", "file:2",
         "thickness_mm"},
        {tube + "detector:\n  scintillator: cheese\n", "file:5", "cheese"},
        {tube + "detector:\n  thickness_mm: 0\n", "file:5", "thickness_mm"},
        {mono + "scatter: { ratio: -1, sigma_mm: 10 }\n", "file:4", "ratio"},
        {mono + "scatter: { ratio: 1, sigma_cm: 10 }\n", "file:4", "sigma_mm"},
        {mono + "point_spread: { gaussian_sigma_px: 1, exponential_length_px: 1 }\n", "file:4",
         "one kind only"},
        {mono + "point_spread: { }\n", "file:4", "gaussian_sigma_px"},
        {mono + "lag: { fraction: 0.1, decay: 1 }\n", "file:4", "decay"},
        {mono + "flaws: { dead_pixels: [{ u_px: 1.5, v_px: 2 }] }\n", "file:4", "whole number"},
        {mono + "bits: 7\n", "file:4", "bits"},
        {mono + "bits: 8\n", "file:4", "open_beam_grey"},
        {mono + "bits: 8\nopen_beam_grey: 50000\n", "file:5", "open_beam_grey"},
        {mono + "sharpness: 1\n", "file:4", "sharpness"},
    };
    for (const auto& c : cases) {
        try {
            (void)read(c.text);
            BOOST_ERROR("not refused: " << c.text);
        } catch (const Error& error) {
            BOOST_TEST((error.code() == ErrorCode::invalid_file));
            BOOST_TEST(error.context() == c.where, c.text << " gives " << error.what());
            BOOST_TEST(error.message().find(c.says) != std::string::npos,
                       c.text << " gives " << error.what());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
