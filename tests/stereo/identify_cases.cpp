#include "identify_cases.hpp"

#include "identify_stand_ins.hpp"

#include <drr/core/rng.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace test {
namespace {

using Pixels = std::vector<Eigen::Vector2d>;

double diameter_mm(const std::vector<Eigen::Vector3d>& points) {
    double largest = 0.0;
    for (const auto& a : points)
        for (const auto& b : points)
            largest = std::max(largest, (a - b).norm());
    return largest;
}

bool is_flat(const std::vector<Eigen::Vector3d>& points) {
    const Eigen::Vector3d centroid = stereo::centroid_of(points);
    Eigen::Matrix3d scatter = Eigen::Matrix3d::Zero();
    for (const auto& p : points)
        scatter += (p - centroid) * (p - centroid).transpose();
    const Eigen::Vector3d values =
        Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d>(scatter).eigenvalues();
    return values[0] < 1e-6 * values[2];
}

void suit_rig(IdentifyPhantom& phantom) {
    // 20 % more than the phantom's diameter at the isocentre, but not below a clinical pitch.
    const double field_mm = 1.2 * diameter_mm(phantom.design.beads_mm);
    phantom.rig.pixel_pitch_mm = Eigen::Vector2d::Constant(std::max(0.25, field_mm / 1024.0));
    phantom.flat = is_flat(phantom.design.beads_mm);
}

struct Shadow {
    Eigen::Vector2d pixel;
    double radius_px = 0.0;
    std::vector<int> markers;
};

// Shadows whose centres lie within half a diameter of each other are seen as one.
void merge(std::vector<Shadow>& shadows) {
    for (std::size_t a = 0; a < shadows.size(); ++a)
        for (std::size_t b = 0; b < a; ++b) {
            const double near = 0.5 * (shadows[a].radius_px + shadows[b].radius_px);
            if ((shadows[a].pixel - shadows[b].pixel).norm() >= near) continue;
            const auto n = static_cast<double>(shadows[a].markers.size());
            const auto m = static_cast<double>(shadows[b].markers.size());
            shadows[b].pixel = (n * shadows[a].pixel + m * shadows[b].pixel) / (n + m);
            shadows[b].radius_px = std::max(shadows[a].radius_px, shadows[b].radius_px);
            shadows[b].markers.insert(shadows[b].markers.end(), shadows[a].markers.begin(),
                                      shadows[a].markers.end());
            shadows.erase(shadows.begin() + static_cast<long>(a));
            a = 0;
            break;
        }
}

Eigen::Quaterniond any_rotation(drr::Rng& rng) {
    return Eigen::Quaterniond(rng.normal(), rng.normal(), rng.normal(), rng.normal()).normalized();
}

// A view's plane normal seen at most 70 degrees from the phantom's normal, in all views.
Eigen::Quaterniond rotation_for(const IdentifyPhantom& phantom,
                                const std::vector<Eigen::Quaterniond>& view_from_rig,
                                drr::Rng& rng) {
    const double least = std::cos(70.0 * std::numbers::pi / 180.0);
    while (true) {
        const Eigen::Quaterniond rotation = any_rotation(rng);
        if (!phantom.flat ||
            std::all_of(view_from_rig.begin(), view_from_rig.end(), [&](const auto& view) {
                return std::abs((view * rotation * Eigen::Vector3d::UnitZ()).z()) > least;
            }))
            return rotation;
    }
}

}  // namespace

IdentifyPhantom read_identify_phantom(const std::filesystem::path& path) {
    const drr::MarkerPhantom file = drr::read_phantom(path);
    IdentifyPhantom phantom;
    phantom.name = file.name;
    for (const auto& bead : file.beads) {
        phantom.design.beads_mm.push_back(bead.center_mm);
        phantom.design.radii_mm.push_back(0.5 * bead.diameter_mm);
    }
    for (const auto& reference : file.references) {
        phantom.design.references_mm.push_back(reference.center_mm);
        phantom.design.radii_mm.push_back(0.5 * reference.diameter_mm);
    }
    suit_rig(phantom);
    return phantom;
}

IdentifyPhantom without_references(IdentifyPhantom phantom) {
    phantom.name += ", no references";
    phantom.design.references_mm.clear();
    phantom.design.radii_mm.resize(phantom.design.beads_mm.size());
    return phantom;
}

IdentifyPhantom random_layout(int beads, const Eigen::Vector3d& size_mm, std::uint64_t seed) {
    IdentifyPhantom phantom;
    phantom.name = "random " + std::to_string(beads) + (size_mm.z() == 0.0 ? " on a plate" : "");
    drr::Rng rng({.seed = seed});
    while (phantom.design.beads_mm.size() < static_cast<std::size_t>(beads)) {
        Eigen::Vector3d place;
        for (int i = 0; i < 3; ++i)
            place[i] = size_mm[i] * rng.uniform(-0.5, 0.5);
        if (std::none_of(phantom.design.beads_mm.begin(), phantom.design.beads_mm.end(),
                         [&](const auto& other) { return (other - place).norm() < 6.0; }))
            phantom.design.beads_mm.push_back(place);
    }
    phantom.design.radii_mm.assign(phantom.design.beads_mm.size(), 1.5);
    suit_rig(phantom);
    return phantom;
}

IdentifyCase make_case(const IdentifyPhantom& phantom, std::uint64_t seed,
                       const CaseSettings& settings, int poses) {
    drr::Rng rng({.seed = seed});
    drr::StereoRigSpec rig = phantom.rig;
    constexpr double angles_deg[] = {6.0, 30.0, 60.0, 90.0};
    rig.stereo_angle_rad = angles_deg[seed % 4] * std::numbers::pi / 180.0;
    drr::StereoRigSpec told = rig;
    const auto factor = [&] { return 1.0 + settings.nominal_error * rng.uniform(-1.0, 1.0); };
    told.sdd_mm *= factor();
    told.source_isocentre_mm = std::min(told.source_isocentre_mm * factor(), 0.99 * told.sdd_mm);
    told.stereo_angle_rad *= factor();
    rig.principal_offset_px = {rng.uniform(-10.0, 10.0), rng.uniform(-10.0, 10.0)};
    const auto views = make_stereo_rig(rig);
    const auto told_views = make_stereo_rig(told);
    const auto view_count = static_cast<std::size_t>(settings.views);
    const auto markers = phantom.design.all_mm();
    const double pitch_mm = rig.pixel_pitch_mm.x();
    const double field_mm = rig.width_px * pitch_mm / 4.0 * 3.0;  // at the isocentre

    IdentifyCase c;
    c.design = phantom.design;
    double largest_mm = 0.0;
    for (const double radius : phantom.design.radii_mm)
        largest_mm = std::max(largest_mm, 2.0 * radius);
    // What a user knows of a bead's shadow: at the isocentre, nominally.
    c.options.ambiguity_px = 0.7 * largest_mm * told.sdd_mm / told.source_isocentre_mm / pitch_mm;
    if (!settings.radii) c.design.radii_mm.clear();
    std::vector<Eigen::Quaterniond> rotations;
    for (std::size_t v = 0; v < view_count; ++v) {
        const drr::CalibratedView view = told_views[v].calibrated();
        c.nominal.push_back(
            {view.pinhole, view.view_from_world.rotation, view.width_px, view.height_px});
        rotations.push_back(views[v].calibrated().view_from_world.rotation);
    }
    std::vector<Eigen::Vector3d> built = markers;
    for (auto& marker : built)
        for (int i = 0; i < 3; ++i)
            marker[i] += settings.as_built_sd_mm * rng.normal();

    for (int pose = 0; pose < poses; ++pose) {
        const Eigen::Quaterniond rotation = rotation_for(phantom, rotations, rng);
        // The middle of the phantom in the middle half of one view, or of both, whose beams cross.
        Eigen::Vector3d place;
        for (int i = 0; i < 3; ++i)
            place[i] = field_mm * rng.uniform(-0.15, 0.15);
        // One view: along its beam, from 2/3 of the isocentre's distance to nearly the detector.
        if (settings.views == 1)
            place += views[0].calibrated().view_from_world.rotation.conjugate() *
                     Eigen::Vector3d(0.0, 0.0, rig.source_isocentre_mm * rng.uniform(-0.3, 0.15));
        const drr::Rigid3 world_from_phantom(
            rotation, place - rotation * stereo::centroid_of(phantom.design.beads_mm));
        for (std::size_t v = 0; v < view_count; ++v) {
            const drr::CalibratedView view = views[v].calibrated();
            const drr::Rigid3 view_from_phantom = view.view_from_world * world_from_phantom;
            c.view_from_phantom.push_back(view_from_phantom);
            c.true_pinholes.push_back(view.pinhole);
            std::vector<Shadow> shadows;
            c.true_px.emplace_back();
            Eigen::AlignedBox2d box;
            for (std::size_t i = 0; i < built.size(); ++i) {
                const Eigen::Vector3d p = view_from_phantom * built[i];
                const Eigen::Vector2d pixel =
                    view.pinhole.project(p) + 0.1 * Eigen::Vector2d(rng.normal(), rng.normal());
                c.true_px.back().push_back(pixel);
                box.extend(pixel);
                if (rng.uniform() < settings.missing || pixel.minCoeff() < 0.0 ||
                    pixel.x() > rig.width_px - 1.0 || pixel.y() > rig.height_px - 1.0)
                    continue;
                shadows.push_back({pixel,
                                   phantom.design.radii_mm[i] * view.pinhole.fx_px / p.z(),
                                   {static_cast<int>(i)}});
            }
            merge(shadows);
            const Eigen::AlignedBox2d image(
                Eigen::Vector2d::Zero(), Eigen::Vector2d(rig.width_px - 1.0, rig.height_px - 1.0));
            const Eigen::AlignedBox2d inside = box.intersection(image);
            const auto false_blobs = static_cast<int>(std::lround(
                settings.false_share * static_cast<double>(phantom.design.beads_mm.size())));
            for (int i = 0; i < false_blobs; ++i) {
                // every other within the phantom's shadow
                const auto& area = i % 2 == 0 ? image : inside;
                const Eigen::Vector2d at =
                    area.min() +
                    Eigen::Vector2d(rng.uniform(), rng.uniform()).cwiseProduct(area.sizes());
                shadows.push_back(
                    {at,
                     0.5 * largest_mm / 0.75 / pitch_mm * std::exp(rng.uniform(-0.45, 0.45)),
                     {}});
            }
            std::sort(shadows.begin(), shadows.end(),
                      [](const Shadow& a, const Shadow& b) { return a.pixel.y() < b.pixel.y(); });
            c.blobs.emplace_back();
            c.truth.emplace_back();
            c.beads_seen.push_back(0);
            for (const auto& shadow : shadows) {
                c.blobs.back().centers_px.push_back(shadow.pixel);
                if (settings.radii)
                    c.blobs.back().radii_px.push_back(shadow.radius_px *
                                                      std::exp(0.05 * rng.normal()));
                c.truth.back().push_back(shadow.markers);
                if (std::any_of(shadow.markers.begin(), shadow.markers.end(), [&](int marker) {
                        return marker < static_cast<int>(phantom.design.beads_mm.size());
                    }))
                    ++c.beads_seen.back();
            }
        }
    }
    return c;
}

IdentifyCase pose_of(const IdentifyCase& stack, std::size_t pose) {
    IdentifyCase one = stack;
    const auto cut = [&](auto& of_views) {
        const auto views = static_cast<long>(stack.nominal.size());
        const auto first = of_views.begin() + static_cast<long>(pose) * views;
        of_views = {first, first + views};
    };
    cut(one.blobs);
    cut(one.truth);
    cut(one.true_px);
    cut(one.view_from_phantom);
    cut(one.true_pinholes);
    cut(one.beads_seen);
    return one;
}

namespace {

double gate_px(const IdentifyCase& c, std::size_t view) {
    const double px_per_mm =
        c.true_pinholes[view].fx_px /
        (c.view_from_phantom[view] * stereo::centroid_of(c.design.beads_mm)).z();
    return c.options.gate_sd *
           std::hypot(c.options.as_built_sd_mm * px_per_mm, c.options.blob_sd_px);
}

}  // namespace

bool is_unambiguous(const IdentifyCase& c, std::size_t view, std::size_t blob) {
    const auto& markers = c.truth[view][blob];
    if (markers.size() != 1) return false;
    const double clear_px = 1.3 * std::max(c.options.ambiguity_px, gate_px(c, view));
    for (std::size_t m = 0; m < c.true_px[view].size(); ++m)
        if (static_cast<int>(m) != markers[0] &&
            (c.true_px[view][m] - c.blobs[view].centers_px[blob]).norm() < clear_px)
            return false;
    return true;
}

CaseScore score_case(const IdentifyCase& c, const stereo::IdentifyResult& result) {
    CaseScore score;
    StandIns stand_ins(c);
    for (std::size_t v = 0; v < c.blobs.size(); ++v) {
        for (std::size_t i = 0; i < c.truth[v].size(); ++i) {
            const auto& markers = c.truth[v][i];
            const int name = result.views.empty() ? -1 : result.views[v].marker_of_blob[i];
            if (name >= 0) {
                ++score.named;
                score.claimed += result.views[v].name_error_of_blob[i];
                if (markers.empty() && stand_ins.add(v, i, static_cast<std::size_t>(name))) {
                    ++score.stand_ins;
                } else if (markers.size() != 1 || markers[0] != name) {
                    ++score.wrong;
                    if (!markers.empty()) ++score.other_markers;
                }
            }
            if (!is_unambiguous(c, v, i)) continue;
            ++score.unambiguous;
            if (name == markers[0]) ++score.unambiguous_named;
        }
    }
    return score;
}

}  // namespace test
