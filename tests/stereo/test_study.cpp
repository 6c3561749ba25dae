#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <stereo/study/experiment.hpp>
#include <stereo/study/metrics.hpp>

#include <cmath>

using namespace drr;
using namespace stereo;

namespace {

// An experiment file of its own beside the shipped phantom.
struct ExperimentFile {
    test::TemporaryFolder folder;
    std::string text = read_text_file(test::phantoms() / "default_experiment.yaml");

    ExperimentFile() {
        write_file(folder.path() / "small_lego_cube.yaml",
                   read_text_file(test::phantoms() / "small_lego_cube.yaml"));
    }
    void replace(const std::string& from, const std::string& to) {
        const auto at = text.find(from);
        BOOST_REQUIRE(at != std::string::npos);
        text.replace(at, from.size(), to);
    }
    [[nodiscard]] ExperimentSpec read() const {
        write_file(folder.path() / "e.yaml", text);
        return read_experiment(folder.path() / "e.yaml");
    }
    [[nodiscard]] std::string error() const {
        try {
            (void)read();
        } catch (const Error& error) {
            return error.what();
        }
        return "no error";
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_embedded_experiment_is_the_shipped_one) {
    const ExperimentSpec shipped = read_experiment(test::phantoms() / "default_experiment.yaml");
    BOOST_TEST(experiment_yaml(default_experiment()) == experiment_yaml(shipped));
    BOOST_TEST(default_experiment().phantom.beads.size() == 64);
    BOOST_TEST(default_experiment().phantom.references.size() == 4);
}

BOOST_AUTO_TEST_CASE(the_example_experiments_can_be_read) {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(test::phantoms().parent_path() /
                                                                 "examples" / "experiments")) {
        BOOST_TEST(read_experiment(entry.path()).phantom.beads.size() == 64);
        ++count;
    }
    BOOST_TEST(count == 4);
}

BOOST_AUTO_TEST_CASE(an_experiment_survives_writing_and_reading) {
    ExperimentFile file;
    file.replace("name: small LEGO cube, clinical rig", "name: 'it''s: odd'");
    const ExperimentSpec spec = file.read();
    BOOST_TEST(spec.name == "it's: odd");
    file.text = experiment_yaml(spec);
    const ExperimentSpec back = file.read();
    BOOST_TEST(experiment_yaml(back) == file.text);
    BOOST_TEST(back.name == spec.name);
    BOOST_TEST(std::abs(back.poses.max_rotation_rad - spec.poses.max_rotation_rad) < 1e-15);
}

BOOST_AUTO_TEST_CASE(an_experiment_with_every_effect_survives_writing_and_reading) {
    ExperimentFile file;
    file.text = read_text_file(test::phantoms() / "../examples/experiments/realistic.yaml");
    file.replace("../../phantoms/", "");
    const ExperimentSpec spec = file.read();
    BOOST_TEST(spec.as_built.scale.height == 0.99583);
    BOOST_TEST(spec.imaging.radiograph.focal_spot.size_mm.x() == 0.6);
    file.text = experiment_yaml(spec);
    BOOST_TEST(experiment_yaml(file.read()) == file.text);
}

BOOST_AUTO_TEST_CASE(a_bad_experiment_is_named_by_file_line_and_key) {
    const struct {
        const char* from;
        const char* to;
        const char* expected;
    } cases[] = {
        {"seed: 1", "sede: 1", "e.yaml:2: key 'seed' is missing"},
        {"seed: 1", "seed: 1\nextra: 2", "e.yaml:5: unknown key 'extra'"},
        {"sdd_mm: 1200", "sdd_cm: 120", "key 'rig.sdd_mm' is missing"},
        {"stereo_angle_deg: 6", "stereo_angle_deg: .nan", "'rig.stereo_angle_deg' must be finite"},
        {"stereo_angle_deg: 6", "stereo_angle_deg: 0", "must be above 0"},
        {"pixel_pitch_mm: 0.25", "pixel_pitch_mm: [0.25, 0.26]", "must be one number"},
        {"calibration: 12", "calibration: 0", "'poses.calibration' must be between 1"},
        {"photon_energy_kev: 60", "photon_energy_kev: 0.1", "'imaging.photon_energy_kev'"},
        {"photon_energy_kev: 60", "photon_energy_kev: 60\n  lag: { fraction: 0.1, decay: 0.2 }",
         "e.yaml:19: 'lag' is for sequences"},
        {"photon_energy_kev: 60", "photon_energy_kev: 60\n  focal_spot: { size_mm: [0.6, -1] }",
         "e.yaml:19: 'imaging.focal_spot.size_mm' must"},
        {"seed: 1", "seed: 1\nas_built: { scale_across: 7.986 }",
         "e.yaml:5: 'as_built.scale_across' must be between 0.9"},
        {"phantom: small_lego_cube.yaml", "phantom: absent.yaml", "absent.yaml: cannot be opened"},
    };
    for (const auto& c : cases) {
        ExperimentFile file;
        file.replace(c.from, c.to);
        const std::string message = file.error();
        BOOST_TEST(message.find(c.expected) != std::string::npos,
                   "expected '" << c.expected << "' in '" << message << "'");
    }
}

BOOST_AUTO_TEST_CASE(point_errors_of_known_errors) {
    Eigen::Matrix3d axes;  // x' = y, y' = z, z' = x
    axes << 0, 1, 0, 0, 0, 1, 1, 0, 0;
    const std::vector<Eigen::Vector3d> errors{{4.0, 1.0, 0.0}, {2.0, -1.0, 0.0}};
    const PointErrors e = point_errors(errors, axes);
    BOOST_TEST(e.count == 2);
    BOOST_TEST((e.bias_mm - Eigen::Vector3d(0.0, 0.0, 3.0)).norm() < 1e-15);
    BOOST_TEST((e.precision_mm - Eigen::Vector3d(1.0, 0.0, 1.0)).norm() < 1e-15);
    BOOST_TEST(std::abs(e.depth_rms_mm() - std::sqrt(10.0)) < 1e-15);
    BOOST_TEST(std::abs(e.lateral_rms_mm() - std::sqrt(0.5)) < 1e-15);
    BOOST_TEST(std::abs(e.max_mm - std::sqrt(17.0)) < 1e-15);
    BOOST_TEST(point_errors({}, axes).count == 0);
}

BOOST_AUTO_TEST_CASE(distance_errors_stay_within_a_group) {
    const std::vector<Eigen::Vector3d> truth{{0, 0, 0}, {10, 0, 0}, {0, 0, 0}, {0, 10, 0}};
    std::vector<Eigen::Vector3d> found = truth;
    found[1].x() += 0.3;
    found[3].y() -= 0.1;
    const std::vector<int> group{0, 0, 1, 1};
    const DistanceErrors e = distance_errors(found, truth, group);
    BOOST_TEST(e.count == 2);
    BOOST_TEST(std::abs(e.bias_mm - 0.1) < 1e-12);
    BOOST_TEST(std::abs(e.precision_mm - 0.2) < 1e-12);
    BOOST_TEST(std::abs(e.max_mm - 0.3) < 1e-12);
}
