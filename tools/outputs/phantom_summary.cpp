#include "outputs/phantom_summary.hpp"

#include "outputs/json_values.hpp"

#include <drr/core/version.hpp>
#include <drr/physics/materials.hpp>
#include <stereo/identify/constellation.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>

namespace tools {
namespace {

using json = nlohmann::ordered_json;

std::string form_text(const drr::Shape& shape) {
    if (const auto* box = std::get_if<drr::Box>(&shape.form))
        return fmt::format("box {:g} x {:g} x {:g} mm", box->size_mm.x(), box->size_mm.y(),
                           box->size_mm.z());
    if (const auto* cylinder = std::get_if<drr::Cylinder>(&shape.form))
        return fmt::format("cylinder {:g} x {:g} mm", 2.0 * cylinder->radius_mm,
                           cylinder->length_mm);
    return fmt::format("ball {:g} mm", 2.0 * std::get<drr::Sphere>(shape.form).radius_mm);
}

std::vector<MarkerKind> kinds(const std::vector<drr::Marker>& markers) {
    std::vector<MarkerKind> result;
    for (const drr::Marker& marker : markers) {
        const auto same = std::find_if(result.begin(), result.end(), [&](const MarkerKind& kind) {
            return kind.diameter_mm == marker.diameter_mm && kind.material == marker.material;
        });
        if (same != result.end())
            ++same->count;
        else
            result.push_back({1, marker.diameter_mm, marker.material, 0.0, 0.0, 0.0});
    }
    return result;
}

std::vector<BodyKind> kinds(const std::vector<drr::SolidPart>& bodies) {
    std::vector<BodyKind> result;
    for (const drr::SolidPart& body : bodies) {
        const std::string form = form_text(body.shape);
        const auto same = std::find_if(result.begin(), result.end(), [&](const BodyKind& kind) {
            return std::tie(kind.form, kind.material, kind.sign) ==
                   std::tie(form, body.material, body.sign);
        });
        if (same != result.end())
            ++same->count;
        else
            result.push_back({1, form, body.material, body.sign});
    }
    return result;
}

std::vector<MaterialAmount> amounts(const std::vector<drr::SolidPart>& solids) {
    constexpr double cm3_per_mm3 = 1e-3;
    std::vector<MaterialAmount> result;
    for (const auto& [material, volume_mm3] : volume_by_material_mm3(solids)) {
        const double volume_cm3 = cm3_per_mm3 * volume_mm3;
        result.push_back(
            {material, volume_cm3, volume_cm3 * drr::find_material(material).density_g_per_cm3});
    }
    return result;
}

std::vector<PartKind> kinds(const std::vector<drr::PlacedBrick>& bricks) {
    std::vector<PartKind> result;
    for (const drr::PlacedBrick& brick : bricks) {
        const auto same = std::find_if(result.begin(), result.end(), [&](const PartKind& kind) {
            return kind.part == brick.part && kind.colour == brick.colour;
        });
        if (same != result.end()) {
            ++same->count;
            continue;
        }
        const drr::BrickPart& part = drr::brick_part(brick.part);
        result.push_back({1, brick.part, std::string(part.name), brick.colour, 0.0});
    }
    std::sort(result.begin(), result.end(), [](const PartKind& a, const PartKind& b) {
        return std::tie(a.part, a.colour) < std::tie(b.part, b.colour);
    });
    for (PartKind& kind : result)
        for (const MaterialAmount& amount : amounts(brick_solids(drr::brick_part(kind.part))))
            kind.mass_g += kind.count * amount.mass_g;
    return result;
}

std::optional<BeadDistances> distances(const std::vector<drr::Marker>& beads) {
    if (beads.size() < 2) return std::nullopt;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::vector<double> nearest_mm(beads.size(), infinity);
    std::vector<double> all_mm;
    for (std::size_t i = 0; i < beads.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const double distance = (beads[i].center_mm - beads[j].center_mm).norm();
            nearest_mm[i] = std::min(nearest_mm[i], distance);
            nearest_mm[j] = std::min(nearest_mm[j], distance);
            all_mm.push_back(distance);
        }
    std::sort(all_mm.begin(), all_mm.end());
    const auto [least, largest] = std::minmax_element(nearest_mm.begin(), nearest_mm.end());
    BeadDistances result{*least, *largest, all_mm.back(), infinity};
    for (std::size_t n = 1; n < all_mm.size(); ++n)
        result.least_difference_mm =
            std::min(result.least_difference_mm, all_mm[n] - all_mm[n - 1]);
    if (all_mm.size() == 1) result.least_difference_mm = 0.0;
    return result;
}

int moved_onto_each_other(const std::vector<drr::Marker>& markers, const drr::Rigid3& motion,
                          double tolerance_mm) {
    return static_cast<int>(
        std::count_if(markers.begin(), markers.end(), [&](const drr::Marker& moved) {
            const Eigen::Vector3d place = motion * moved.center_mm;
            return std::any_of(markers.begin(), markers.end(), [&](const drr::Marker& other) {
                return (other.center_mm - place).norm() <= tolerance_mm;
            });
        }));
}

std::optional<NearSymmetry> nearest_symmetry(const drr::MarkerPhantom& phantom) {
    // Grids of hundreds of holes have endless shifts, which nobody has to tell apart.
    constexpr std::size_t few = 3;
    constexpr std::size_t many = 100;
    if (phantom.beads.size() < few || phantom.beads.size() > many) return std::nullopt;
    std::vector<Eigen::Vector3d> beads_mm;
    for (const auto& bead : phantom.beads)
        beads_mm.push_back(bead.center_mm);
    // Five times the 0.3 mm by which beads are usually off as built; what moves less than a third
    // of the beads onto beads is no rival.
    const stereo::NearSymmetryOptions options{.tolerance_mm = 1.5, .min_fraction = 1.0 / 3.0};
    NearSymmetry nearest{.tolerance_mm = options.tolerance_mm};
    const auto motions = stereo::near_symmetries(beads_mm, options);
    for (std::size_t i = 1; i < motions.size(); ++i) {
        const int beads = moved_onto_each_other(phantom.beads, motions[i], options.tolerance_mm);
        const int references =
            moved_onto_each_other(phantom.references, motions[i], options.tolerance_mm);
        if (std::tie(beads, references) <= std::tie(nearest.beads, nearest.references)) continue;
        nearest.beads = beads;
        nearest.references = references;
    }
    return nearest;
}

/// Fills in how large markers appear that lie within `reach_mm` of the isocentre.
void image(std::vector<MarkerKind>& markers, const drr::StereoRigSpec& rig, double reach_mm) {
    for (MarkerKind& kind : markers) {
        const double at_source = kind.diameter_mm * rig.sdd_mm / rig.pixel_pitch_mm.x();
        // A bead cannot come nearer to the source than its own size.
        const double nearest = std::max(rig.source_isocentre_mm - reach_mm, kind.diameter_mm);
        kind.image_px = at_source / rig.source_isocentre_mm;
        kind.least_image_px = at_source / (rig.source_isocentre_mm + reach_mm);
        kind.largest_image_px = at_source / nearest;
    }
}

double reach_mm(const drr::MarkerPhantom& phantom, const Eigen::Vector3d& middle_mm) {
    double result = 0.0;
    for (const auto* markers : {&phantom.beads, &phantom.references})
        for (const drr::Marker& marker : *markers)
            result = std::max(result, (marker.center_mm - middle_mm).norm());
    return result;
}

json markers_json(const std::vector<MarkerKind>& markers) {
    json result = json::array();
    for (const MarkerKind& kind : markers)
        result.push_back({{"count", kind.count},
                          {"diameter_mm", kind.diameter_mm},
                          {"material", kind.material},
                          {"image_px",
                           {{"isocentre", kind.image_px},
                            {"least", kind.least_image_px},
                            {"largest", kind.largest_image_px}}}});
    return result;
}

std::string markers_text(const char* title, const std::vector<MarkerKind>& markers) {
    std::string text;
    for (const MarkerKind& kind : markers)
        text += fmt::format("{:<14}{:>5} x {:g} mm {}: image {:.1f} px ({:.1f} to {:.1f})\n",
                            text.empty() ? title : "", kind.count, kind.diameter_mm, kind.material,
                            kind.image_px, kind.least_image_px, kind.largest_image_px);
    return text;
}

}  // namespace

PhantomSummary summarize(const drr::MarkerPhantom& phantom, const drr::StereoRigSpec& rig) {
    const auto solids = solid_parts(phantom);
    PhantomSummary summary;
    summary.beads = kinds(phantom.beads);
    summary.references = kinds(phantom.references);
    summary.parts = kinds(phantom.bricks);
    summary.bodies = kinds(phantom.bodies);
    summary.materials = amounts(solids);
    summary.distances = distances(phantom.beads);
    summary.near_symmetry = nearest_symmetry(phantom);
    summary.extent = drr::extent(solids);
    const double reach = reach_mm(phantom, summary.extent.centre_mm());
    image(summary.beads, rig, reach);
    image(summary.references, rig, reach);
    summary.magnification = rig.sdd_mm / rig.source_isocentre_mm;
    summary.detector_mm =
        rig.pixel_pitch_mm.cwiseProduct(Eigen::Vector2d(rig.width_px, rig.height_px));
    return summary;
}

std::string summary_text(const drr::MarkerPhantom& phantom, const PhantomSummary& summary) {
    std::string text = phantom.name + "\n";
    if (!phantom.description.empty()) text += phantom.description + "\n";
    text += "\n" + markers_text("beads", summary.beads) +
            markers_text("references", summary.references);
    const Eigen::Vector3d size = summary.extent.size_mm();
    const Eigen::Vector3d middle = summary.extent.centre_mm();
    text += fmt::format("{:<14}{:.4g} x {:.4g} x {:.4g} mm about ({:.4g}, {:.4g}, {:.4g})\n",
                        "overall size", size.x(), size.y(), size.z(), middle.x(), middle.y(),
                        middle.z());
    const Eigen::Vector3d shadow = summary.magnification * size;
    text += fmt::format(
        "{:<14}{:.4g} x {:.4g} x {:.4g} mm at {:.3f} on a detector of {:.4g} x {:.4g} mm\n",
        "its shadow", shadow.x(), shadow.y(), shadow.z(), summary.magnification,
        summary.detector_mm.x(), summary.detector_mm.y());
    if (const auto& distances = summary.distances)
        text += fmt::format(
            "{:<14}nearest {:.3f} to {:.3f} mm, farthest {:.3f} mm, least difference of two {:.3f} "
            "mm\n",
            "bead to bead", distances->least_neighbour_mm, distances->largest_neighbour_mm,
            distances->largest_mm, distances->least_difference_mm);
    if (const auto& symmetry = summary.near_symmetry) {
        text += fmt::format("{:<14}a turn or shift brings ", "near symmetry");
        if (symmetry->beads == 0)
            text += "less than a third of the beads";
        else
            text += fmt::format("{} of {} beads", symmetry->beads, phantom.beads.size());
        if (!phantom.references.empty())
            text += fmt::format(" and {} of {} references", symmetry->references,
                                phantom.references.size());
        text += fmt::format(" within {} mm of their like\n", symmetry->tolerance_mm);
    }
    text += fmt::format("\n{:<14}{:>10} {:>10}\n", "material", "cm3", "g");
    for (const MaterialAmount& amount : summary.materials)
        text += fmt::format("{:<14}{:>10.4g} {:>10.4g}\n", amount.material, amount.volume_cm3,
                            amount.mass_g);
    if (!summary.parts.empty()) text += fmt::format("\n{} LEGO parts\n", phantom.bricks.size());
    for (const PartKind& kind : summary.parts)
        text += fmt::format("{:>5} x {:<7} {:<40} {:<8}{:>9.4g} g\n", kind.count, kind.part,
                            kind.name, kind.colour, kind.mass_g);
    if (!summary.bodies.empty()) text += "\nbodies\n";
    for (const BodyKind& kind : summary.bodies)
        text += fmt::format("{:>5} x {} of {}{}\n", kind.count, kind.form, kind.material,
                            kind.sign < 0 ? ", taken out" : "");
    return text;
}

json summary_json(const drr::MarkerPhantom& phantom, const PhantomSummary& summary) {
    json record = {{"schema", "stereodrr/phantom-summary/v1"},
                   {"version", drr::version()},
                   {"git_commit", drr::git_commit()},
                   {"name", phantom.name},
                   {"beads", markers_json(summary.beads)},
                   {"references", markers_json(summary.references)},
                   {"extent",
                    {{"low_mm", json_list(summary.extent.low_mm)},
                     {"high_mm", json_list(summary.extent.high_mm)}}},
                   {"magnification", summary.magnification},
                   {"detector_mm", json_list(summary.detector_mm)}};
    if (const auto& distances = summary.distances)
        record["distances"] = {{"least_neighbour_mm", distances->least_neighbour_mm},
                               {"largest_neighbour_mm", distances->largest_neighbour_mm},
                               {"largest_mm", distances->largest_mm},
                               {"least_difference_mm", distances->least_difference_mm}};
    if (const auto& symmetry = summary.near_symmetry)
        record["near_symmetry"] = {{"beads", symmetry->beads},
                                   {"references", symmetry->references},
                                   {"tolerance_mm", symmetry->tolerance_mm}};
    record["materials"] = json::array();
    for (const MaterialAmount& amount : summary.materials)
        record["materials"].push_back({{"material", amount.material},
                                       {"volume_cm3", amount.volume_cm3},
                                       {"mass_g", amount.mass_g}});
    record["parts"] = json::array();
    for (const PartKind& kind : summary.parts)
        record["parts"].push_back({{"count", kind.count},
                                   {"part", kind.part},
                                   {"name", kind.name},
                                   {"colour", kind.colour},
                                   {"mass_g", kind.mass_g}});
    record["bodies"] = json::array();
    for (const BodyKind& kind : summary.bodies)
        record["bodies"].push_back({{"count", kind.count},
                                    {"form", kind.form},
                                    {"material", kind.material},
                                    {"sign", kind.sign}});
    return record;
}

}  // namespace tools
