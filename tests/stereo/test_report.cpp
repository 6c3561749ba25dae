#include "test.hpp"

#include <drr/core/version.hpp>
#include <stereo/study/report.hpp>
#include <stereo/study/summary_json.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

using namespace drr;
using namespace stereo;
using Eigen::Vector2d;
using Eigen::Vector3d;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// Three beads and a reference in two tiny views, one calibration and one held-out pose. The figures
// are arbitrary but all different, so that a swapped one is noticed.
ValidationResult small_result() {
    ValidationResult r;
    r.spec.name = "small test";
    r.spec.seed = 42;
    r.spec.phantom_file = "tiny.yaml";
    r.spec.phantom.name = "tiny phantom";
    r.spec.phantom.beads = {{11, "a", {0, 0, 0}, 2.0, "steel"},
                            {12, "b", {10, 0, 0}, 2.0, "steel"},
                            {13, "c", {0, 10, 5}, 2.0, "steel"}};
    r.spec.phantom.references = {{77, "square", {4, 4, 4}, 2.0, "lead"}};
    r.spec.rig.stereo_angle_rad = 0.5;
    r.spec.rig.pixel_pitch_mm.setOnes();
    r.spec.rig.width_px = r.spec.rig.height_px = 32;
    r.spec.poses.calibration = 1;
    r.spec.poses.held_out = 1;

    r.truth.views = make_stereo_rig(r.spec.rig);
    r.truth.world_from_phantom = {Rigid3(), Rigid3(Eigen::Quaterniond::Identity(), {0, 0, 3})};
    r.truth.markers_in_phantom_mm = {{0, 0, 0}, {10, 0, 0}, {0, 10, 5}, {4, 4, 4}};
    r.truth.stereo_from_world << 1, 0, 0, 0, 0, -1, 0, 1, 0;
    r.nominal = {{r.truth.views[0].calibrated().pinhole, Eigen::Quaterniond::Identity(), 32, 32},
                 {r.truth.views[1].calibrated().pinhole, Eigen::Quaterniond::Identity(), 32, 32}};
    r.nominal_sdd_mm = 1234.5;
    r.nominal_stereo_angle_rad = 0.51;

    r.calibration_observations.markers_in_phantom_mm = r.truth.markers_in_phantom_mm;
    r.calibration_observations.pose_count = 1;
    r.calibration_observations.width_px = r.calibration_observations.height_px = 32;
    for (int pose = 0; pose < 2; ++pose)
        for (int view = 0; view < 2; ++view) {
            ImageRecord image{.pose = pose, .view = view, .detection = {}, .marker_of_bead = {}};
            for (int marker = 0; marker < 3; ++marker) {
                const auto m = static_cast<std::size_t>(marker);
                BeadDetection bead;
                bead.center_px = r.truth.views[static_cast<std::size_t>(view)].project(
                    r.truth.world_from_phantom[static_cast<std::size_t>(pose)] *
                    r.truth.markers_in_phantom_mm[m]);
                bead.radius_px = 1.3;
                image.detection.beads.push_back(bead);
                image.marker_of_bead.push_back(marker);
                if (pose == 0) {
                    r.calibration_observations.items.push_back(
                        {pose, view, marker, bead.center_px});
                    r.calibration.residuals_px.emplace_back(0.01 * (marker - 1), 0.02 * view);
                    r.calibration.used.push_back(true);
                }
            }
            image.marker_of_bead.back() = -1;
            image.detection.candidates = 9;
            image.detection.refused.resize(4);
            r.images.push_back(image);
        }
    for (int pose = 0; pose < 2; ++pose) {
        IdentifyResult identity;
        identity.ok = true;
        identity.views.resize(2);
        r.identities.push_back(identity);
    }
    r.first_pose_images = {Image<std::uint16_t>(32, 32, 1000), Image<std::uint16_t>(32, 32, 2000)};
    r.first_pose_images[0](3, 4) = 60000;

    r.localization = {6, {0.001, -0.002}, 0.0213, 0.09, 1.23};
    r.calibration.ok = true;
    r.calibration.views = {r.truth.views[0].calibrated(), r.truth.views[1].calibrated()};
    r.calibration.world_from_phantom = {Rigid3()};
    r.calibration.pose_known = {true};
    r.calibration.rms_px = 0.031;
    r.calibration.sigma0 = 1.07;
    r.view_errors.resize(2);
    for (ViewErrors& e : r.view_errors) {
        e.source_mm = {0.01, 0.02, 0.03};
        e.source_sd_mm = {0.02, 0.02, 0.02};
        e.sdd_mm = -0.05;
        e.sdd_sd_mm = 0.06;
        e.principal_point_px = {0.1, -0.2};
        e.principal_point_sd_px = {0.2, 0.2};
    }
    r.stereo_angle_error_rad = 1e-5;
    r.stereo_angle_sd_rad = 2e-5;

    r.epipolar.calibrated = fundamental_from_views(r.calibration.views[0], r.calibration.views[1]);
    r.epipolar.a_px = {r.images[0].detection.beads[0].center_px};
    r.epipolar.b_px = {r.images[1].detection.beads[0].center_px + Vector2d(0.0, 0.3)};
    r.epipolar.of_calibrated = {1, 0.3456, 0.3, 0.4, 0};
    r.epipolar.ransac.ok = true;
    r.epipolar.ransac.inlier_count = 1;

    for (int marker = 0; marker < 2; ++marker) {
        HeldOutPoint p{.pose = 1, .marker = marker};
        p.true_mm = r.truth.markers_in_phantom_mm[static_cast<std::size_t>(marker)];
        p.found_mm = p.true_mm + Vector3d(0.01, 0.05, 0.0);
        p.aligned_mm = p.true_mm + Vector3d(0.001, 0.005, 0.0);
        r.held_out.push_back(p);
    }
    r.aligned.count = r.absolute.count = 2;
    r.aligned.rms_mm = {0.0111, 0.0111, 0.0777};
    r.absolute.rms_mm = {0.02, 0.02, 0.09};
    r.predicted_aligned.rms_mm = {0.0100, 0.0100, 0.0700};
    r.predicted_absolute.rms_mm = {0.02, 0.02, 0.1};
    r.expected_depth_resolution_mm = 0.0654;
    r.distances = {1, 0.001, 0.002, 0.0031, 0.004};
    r.ok = true;
    r.summary = "all well";
    return r;
}

ValidationResult failed_result(const std::string& reason) {
    ValidationResult r;
    r.spec = small_result().spec;
    r.truth = small_result().truth;
    r.ok = false;
    r.summary = reason;
    return r;
}

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// The elements of a page that are left open, or "closes x" for one that was not open: HTML's void
// elements and self-closed SVG elements aside, each must be closed in order.
std::string unbalanced(const std::string& page) {
    const std::vector<std::string> voids = {"meta", "!DOCTYPE"};
    std::vector<std::string> open;
    for (auto at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
        const auto end = page.find('>', at);
        if (end == std::string::npos) return "a tag without end";
        const std::string tag = page.substr(at + 1, end - at - 1);
        const std::string name = tag.substr(0, tag.find_first_of(" /\n", 1));
        if (tag.back() == '/' || std::find(voids.begin(), voids.end(), name) != voids.end())
            continue;
        if (tag.front() != '/') {
            open.push_back(name);
        } else {
            if (open.empty() || "/" + open.back() != tag) return "closes " + tag;
            open.pop_back();
        }
    }
    return open.empty() ? "" : open.back();
}

void check_page(const std::string& page) {
    BOOST_TEST(unbalanced(page) == "");
    for (const char* const external : {"http://", "https://", "src=", "@import", "url(", "<script"})
        BOOST_TEST(!contains(page, external), "the page contains " << external);
    for (const char* const not_finite : {">nan", "\"nan", " nan", ">inf", "\"inf", "-nan", "-inf"})
        BOOST_TEST(!contains(page, not_finite), "the page contains " << not_finite);
}

}  // namespace

BOOST_AUTO_TEST_CASE(summary_has_the_figures) {
    const auto json = nlohmann::json::parse(summary_json(small_result()));
    BOOST_TEST(json["schema"] == "stereodrr/summary/v1");
    BOOST_TEST(json["version"] == drr::version());
    BOOST_TEST(json["git_commit"] == drr::git_commit());
    BOOST_TEST(json["seed"] == 42);
    BOOST_TEST(json["ok"] == true);
    BOOST_TEST(json["summary"] == "all well");
    BOOST_TEST(json["configuration"]["rig"]["stereo_angle_rad"] == 0.5);
    BOOST_TEST(json["configuration"]["phantom"]["bead_count"] == 3);
    BOOST_TEST(json["nominal"]["sdd_mm"] == 1234.5);
    BOOST_TEST(json["nominal"]["views"].size() == 2);
    BOOST_TEST(json["truth"]["views"][1]["sdd_mm"] == 1200.0);
    BOOST_TEST(json["truth"]["world_from_phantom"][1]["translation_mm"][2] == 3.0);
    BOOST_TEST(json["detection"].size() == 4);
    BOOST_TEST(json["detection"][0]["bead_count"] == 3);
    BOOST_TEST(json["detection"][0]["identified_count"] == 2);
    BOOST_TEST(json["detection"][0]["held_out"] == false);
    BOOST_TEST(json["detection"][3]["held_out"] == true);
    BOOST_TEST(json["localization"]["sigma_px"] == 0.0213);
    BOOST_TEST(json["localization"]["error_over_claimed_sd_ratio"] == 1.23);
    BOOST_TEST(json["calibration"]["sigma0_ratio"] == 1.07);
    const auto& view = json["calibration"]["views"][0];
    BOOST_TEST(view["error"]["sdd_mm"] == -0.05);
    BOOST_TEST(view["standard_deviation"]["principal_point_px"][1] == 0.2);
    BOOST_TEST(json["epipolar"]["calibration"]["symmetric_distance"]["rms_px"] == 0.3456);
    BOOST_TEST(json["epipolar"]["warning"] == false);
    BOOST_TEST(json["held_out"]["aligned"]["depth_rms_mm"] == 0.0777);
    BOOST_TEST(json["held_out"]["predicted_aligned"]["depth_rms_mm"] == 0.07);
    BOOST_TEST(json["held_out"]["absolute"]["depth_rms_mm"] == 0.09);
    BOOST_TEST(json["held_out"]["expected_depth_resolution_mm"] == 0.0654);
    BOOST_TEST(json["held_out"]["distances_between_beads"]["rms_mm"] == 0.0031);
}

BOOST_AUTO_TEST_CASE(found_values_of_the_summary_agree_with_the_views) {
    ValidationResult r = small_result();
    r.calibration.views[1].pinhole.fx_px = 1201.5;
    const auto json = nlohmann::json::parse(summary_json(r));
    const auto& view = json["calibration"]["views"][1];
    BOOST_TEST(view["sdd_mm"] == 1201.5 * r.spec.rig.pixel_pitch_mm.x());
    const Vector3d source = r.calibration.views[1].source_in_world_mm();
    const Vector3d in_stereo = r.truth.stereo_from_world * source;
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(view["source_in_world_mm"][i] == source(i));
        BOOST_TEST(view["source_in_stereo_axes_mm"][i] == in_stereo(i));
    }
}

BOOST_AUTO_TEST_CASE(what_does_not_exist_is_null) {
    ValidationResult r = small_result();
    r.held_out_reprojection_rms_px = not_a_number;
    r.aligned.bias_mm.y() = std::numeric_limits<double>::infinity();
    const std::string text = summary_json(r);
    const auto json = nlohmann::json::parse(text);  // throws for a bare nan
    BOOST_TEST(json["held_out"]["reprojection_rms_px"].is_null());
    BOOST_TEST(json["held_out"]["aligned"]["bias_in_stereo_axes_mm"][1].is_null());
}

BOOST_AUTO_TEST_CASE(no_place_on_this_machine_enters_the_summary) {
    ValidationResult r = small_result();
    r.spec.phantom_file = "/home/somebody/tiny.yaml";
    const std::string text = summary_json(r);
    BOOST_TEST(!contains(text, "somebody"));
    BOOST_TEST(nlohmann::json::parse(text)["configuration"]["phantom"]["file"] == "tiny.yaml");
}

BOOST_AUTO_TEST_CASE(page_stands_alone_and_shows_the_figures) {
    const std::string page = report_html(small_result());
    check_page(page);
    BOOST_TEST(contains(page, "can be trusted"));
    for (const char* const figure :
         {"0.0111", "0.0777", "1.11 · 1.11", "0.3456", "0.0213", "0.0654", "−0.0500", "−0.8 σ"})
        BOOST_TEST(contains(page, figure), "the page misses " << figure);
    BOOST_TEST(count_of(page, "data:image/png;base64,") == 2);
    BOOST_TEST(count_of(page, "class=\"unnamed\"") == 2);  // one in each radiograph
    BOOST_TEST(contains(page, ">12</text>"));              // an identity
    BOOST_TEST(contains(page, "class=\"e0\""));            // an epipolar line
}

BOOST_AUTO_TEST_CASE(same_result_same_bytes) {
    BOOST_TEST(report_html(small_result()) == report_html(small_result()));
    BOOST_TEST(summary_json(small_result()) == summary_json(small_result()));
}

BOOST_AUTO_TEST_CASE(errors_beyond_their_bars_are_said) {
    ValidationResult r = small_result();
    r.predicted_aligned.rms_mm.z() = r.aligned.rms_mm.z() / 2.5;
    BOOST_TEST(contains(report_html(r), "Not to be trusted"));

    r = small_result();
    r.view_errors[0].sdd_mm = 5.0 * r.view_errors[0].sdd_sd_mm;
    const std::string page = report_html(r);
    BOOST_TEST(contains(page, "Not to be trusted"));
    BOOST_TEST(contains(page, "<span class=\"bad\">+5.0 σ</span>"));

    r = small_result();
    r.view_errors[0].sdd_mm = 3.5 * r.view_errors[0].sdd_sd_mm;
    BOOST_TEST(contains(report_html(r), "surer of itself than it should be"));

    r = small_result();
    r.epipolar.warning = true;
    BOOST_TEST(contains(report_html(r), "To be doubted"));
    BOOST_TEST(contains(report_html(r), "above 1 px"));

    r = small_result();
    r.predicted_aligned.rms_mm.x() = r.predicted_aligned.rms_mm.y() = not_a_number;
    BOOST_TEST(contains(report_html(r), "No judgement"));

    r = small_result();
    r.held_out.clear();
    BOOST_TEST(contains(report_html(r), "not tested"));
}

BOOST_AUTO_TEST_CASE(failed_result_says_why) {
    const ValidationResult r = failed_result("pose 3 was not identified");
    const std::string page = report_html(r);
    check_page(page);
    BOOST_TEST(contains(page, "The procedure failed"));
    BOOST_TEST(contains(page, "pose 3 was not identified"));
    BOOST_TEST(!contains(page, "can be trusted"));
    BOOST_TEST(nlohmann::json::parse(summary_json(r))["ok"] == false);

    // Images and detections, but no calibration.
    ValidationResult half = small_result();
    half.ok = false;
    half.calibration = {};
    half.view_errors.clear();
    half.epipolar = {};
    half.held_out.clear();
    check_page(report_html(half));
    BOOST_TEST(contains(report_html(half), "data:image/png;base64,"));
}

BOOST_AUTO_TEST_CASE(nothing_at_all_is_still_a_page) {
    check_page(report_html(ValidationResult{}));
    BOOST_TEST(nlohmann::json::parse(summary_json(ValidationResult{}))["ok"] == false);
}

BOOST_AUTO_TEST_CASE(names_are_escaped) {
    ValidationResult r = failed_result("a < b & \"c\"");
    r.spec.name = "<script>alert('x')</script>";
    r.spec.phantom.name = "<b>bold";
    const std::string page = report_html(r);
    check_page(page);
    BOOST_TEST(contains(page, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
    BOOST_TEST(contains(page, "&lt;b&gt;bold"));
    BOOST_TEST(contains(page, "a &lt; b &amp; &quot;c&quot;"));
}
