#include "small_study.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <set>

using namespace stereo;

namespace {

// What reading a study says that is wrong with it.
std::string complaint(const std::string& text) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "study.yaml";
    drr::write_file(file, text);
    try {
        const Study study(file);
        return "";
    } catch (const drr::Error& error) {
        BOOST_TEST((error.code() == drr::ErrorCode::invalid_file), error.what());
        return std::string(error.what()).substr(folder.path().string().size() + 1);
    }
}

// The line of the study file in which some text first stands.
std::string line_of(const std::string& text, const std::string& part) {
    return std::to_string(
        1 + std::count(text.begin(), text.begin() + static_cast<long>(text.find(part)), '\n'));
}

}  // namespace

BOOST_AUTO_TEST_CASE(conditions_are_all_combinations_the_last_factor_fastest) {
    const test::TemporaryFolder folder;
    const Study study = test::small_study(folder.path(), R"(
cases:
  - { name: a }
  - { name: b, set: { rig.sdd_mm: 1000, poses.calibration: 6 } }
sweep:
  rig.stereo_angle_deg: { from: 10, to: 40, count: 4 }
  imaging.photons_per_pixel: { from: 100, to: 10000, count: 3, spacing: log }
  poses.max_shift_mm: [[1, 2, 3], [4, 5, 6]]
)");
    const StudyOutline& outline = study.outline();
    BOOST_REQUIRE(outline.conditions.size() == 2U * 4U * 3U * 2U);
    BOOST_TEST(outline.condition_text(0) ==
               "case = a, rig.stereo_angle_deg = 10, imaging.photons_per_pixel = 100, "
               "poses.max_shift_mm = [1, 2, 3]");
    BOOST_TEST(outline.condition_text(1).ends_with("[4, 5, 6]"));
    BOOST_TEST(outline.condition_text(47) ==
               "case = b, rig.stereo_angle_deg = 40, imaging.photons_per_pixel = 10000, "
               "poses.max_shift_mm = [4, 5, 6]");
    const ExperimentSpec last = study.experiment(47);
    BOOST_TEST(last.rig.sdd_mm == 1000.0);
    BOOST_TEST(last.poses.calibration == 6);
    BOOST_TEST(std::abs(last.rig.stereo_angle_rad - 40.0 * drr::degree) < 1e-15);
    BOOST_TEST(last.poses.max_shift_mm.z() == 6.0);
    BOOST_TEST(study.experiment(2).imaging.radiograph.photons_per_pixel == 1000.0);
    BOOST_TEST(study.experiment(0).rig.sdd_mm == 1200.0);  // no condition changes another
}

BOOST_AUTO_TEST_CASE(keys_of_a_phantom_are_swept_inline_and_in_a_file) {
    const test::TemporaryFolder folder;
    const Study study =
        test::small_study(folder.path(), "sweep: { phantom.lattice.diameter_mm: [2, 4] }\n");
    BOOST_TEST(study.experiment(1).phantom.beads.front().diameter_mm == 4.0);

    std::string text = test::small_study_text("sweep: { phantom.lattice.diameter_mm: [2, 4] }\n");
    const std::size_t from = text.find("  phantom:");
    text.replace(from, text.find("  bodies:") - from, "  phantom: lattice.yaml\n");
    drr::write_file(folder.path() / "lattice.yaml",
                    "schema: stereodrr/phantom/v1\nname: x\nlattice: { counts: [2, 2, 2], "
                    "pitch_mm: [40, 40, 40], diameter_mm: 3, material: steel }\n");
    drr::write_file(folder.path() / "file.yaml", text);
    const Study other(folder.path() / "file.yaml");
    BOOST_TEST(other.experiment(1).phantom.beads.size() == 8U);
    BOOST_TEST(other.experiment(1).phantom.beads.front().diameter_mm == 4.0);
}

BOOST_AUTO_TEST_CASE(a_latin_hypercube_has_one_point_in_each_slice_of_each_range) {
    const test::TemporaryFolder folder;
    const Study study = test::small_study(folder.path(), R"(
latin_hypercube:
  count: 20
  ranges:
    rig.stereo_angle_deg: { from: 10, to: 90 }
    imaging.photons_per_pixel: { from: 100, to: 10000, spacing: log }
)");
    std::set<int> angles;
    std::set<int> doses;
    for (const auto& values : study.outline().conditions) {
        angles.insert(static_cast<int>((*values[0].number - 10.0) / 80.0 * 20.0));
        doses.insert(
            static_cast<int>(std::log(*values[1].number / 100.0) / std::log(100.0) * 20.0));
    }
    BOOST_TEST(angles.size() == 20U);
    BOOST_TEST(doses.size() == 20U);
}

BOOST_AUTO_TEST_CASE(seeds_differ_between_repetitions_and_fit_signed_numbers) {
    const test::TemporaryFolder folder;
    const Study study = test::small_study(folder.path(), "");
    std::set<std::uint64_t> seeds;
    for (int r = 0; r < 10000; ++r)
        seeds.insert(study.outline().seed_of(r));
    BOOST_TEST(seeds.size() == 10000U);
    BOOST_TEST((*seeds.rbegin() >> 63) == 0U);
}

BOOST_AUTO_TEST_CASE(an_outline_survives_json) {
    const test::TemporaryFolder folder;
    const Study study = test::small_study(
        folder.path(), "sweep: { bodies: [true, false], rig.stereo_angle_deg: [6, 30] }\n");
    BOOST_TEST((parse_outline(outline_json(study.outline()), "x") == study.outline()));
    BOOST_CHECK_THROW((void)parse_outline("{}", "x"), drr::Error);
}

BOOST_AUTO_TEST_CASE(mistakes_are_named_with_file_line_and_key) {
    const auto says = [](const std::string& rest, const std::string& at, const std::string& part) {
        const std::string text = test::small_study_text(rest);
        const std::string found = complaint(text);
        BOOST_TEST(found.starts_with("study.yaml:" + line_of(text, at) + ": "), found);
        BOOST_TEST(found.find(part) != std::string::npos, found);
    };
    says("repetition: 3\n", "repetition: 3", "unknown key 'repetition'");
    says("sweep: {}\n", "sweep: {}", "'sweep' is empty");
    says("sweep: { rig.sdd_mm: [] }\n", "rig.sdd_mm: []", "nothing to sweep in 'rig.sdd_mm'");
    says("sweep: { rig.sdd_mm: 3 }\n", "rig.sdd_mm: 3", "must be a list of values or a range");
    says("sweep: { rig.sdd_mm: { from: 1000, to: 1200, count: 1 } }\n", "rig.sdd_mm: {", "count");
    says("sweep: { rig.sdd_mm: { from: 0, to: 1200, count: 2, spacing: log } }\n", "rig.sdd_mm: {",
         "positive");
    says("sweep:\n  rig.sdd_cm: [120]\n", "rig.sdd_cm", "wrong unit suffix");
    says("sweep:\n  rig.stereo_angle_deg: [6,\n    200]\n", "rig.stereo_angle_deg: [6",
         "rig.stereo_angle_deg = 200: 'experiment.rig.stereo_angle_deg' must be between 0 and 179");
    says("sweep:\n  rig.source_isocentre_mm: [1300]\n", "rig.source_isocentre_mm: [1300",
         "rig.source_isocentre_mm");
    says("sweep:\n  poses.held_out: [0]\n", "poses.held_out: [0", "at least 1");
    says("sweep:\n  seed: [1, 2]\n", "seed: [1, 2]", "not swept");
    says("sweep: { bodies.x: [1] }\n", "{ bodies.x", "no mapping for the key");
    says("cases: [{ name: a }, { name: a }]\n", "cases: [", "two cases are called 'a'");
    says("procedures: [{ name: bundel }]\n", "procedures: [", "unknown procedure 'bundel'");
    says("procedures: [{ name: bundle }, { name: bundle }]\n", "procedures: [", "'label'");
    says("procedures: [{ label: x, command: run }]\n", "procedures: [", "{case}");
    says("procedures: [{ name: bundle, measured_distance: { beads: [1, 99], sd_mm: 0.1 } }]\n",
         "schema", "does not have");
}
