#include "brick_yaml.hpp"
#include "yaml_values.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/phantom/build_check.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <fmt/format.h>

#include <set>

namespace drr {
namespace {

constexpr double max_lattice_count = 32.0;  // per axis; keeps a typing error from filling memory
constexpr double max_id = 1e6;

std::vector<Marker> read_lattice(const YamlMap& map) {
    const auto counts = map.integers("counts", 3, {1.0, max_lattice_count});
    const Eigen::Vector3d pitch = vector3(map, "pitch_mm", positive);
    const Eigen::Vector3d center = vector3_or_zero(map, "center_mm");
    const double diameter = map.number("diameter_mm", positive);
    const std::string material = map.text("material");
    map.finish();
    if (pitch.minCoeff() < diameter)
        map.fail("pitch_mm", fmt::format("the beads of the lattice overlap: 'lattice.pitch_mm' has "
                                         "{}, below their diameter of {}",
                                         pitch.minCoeff(), diameter));
    const Eigen::Vector3d last(counts[0] - 1, counts[1] - 1, counts[2] - 1);
    std::vector<Marker> beads;
    for (int k = 0; k < counts[2]; ++k)
        for (int j = 0; j < counts[1]; ++j)
            for (int i = 0; i < counts[0]; ++i) {
                const int id = static_cast<int>(beads.size()) + 1;
                const Eigen::Vector3d step = Eigen::Vector3d(i, j, k) - 0.5 * last;
                beads.push_back({id, fmt::format("b{:02}", id), center + pitch.cwiseProduct(step),
                                 diameter, material});
            }
    return beads;
}

// Collects markers and refuses those that clash with earlier ones.
class MarkerReader {
  public:
    explicit MarkerReader(const MarkerPhantom& phantom) : phantom_(phantom) {}

    void take(const std::vector<Marker>& markers) {
        for (const Marker& marker : markers)
            ids_.insert(marker.id);
        taken_.insert(taken_.end(), markers.begin(), markers.end());
    }

    std::vector<Marker> read(const std::vector<YamlMap>& maps) {
        std::vector<Marker> result;
        for (const YamlMap& map : maps) {
            Marker marker;
            marker.id = map.integer("id", {1.0, max_id});
            marker.name = map.text_or("name", fmt::format("b{:02}", marker.id));
            if (const auto seat = map.map_if("seat")) {
                marker.brick = read_brick_index(*seat, phantom_);
                marker.center_mm = read_seat(*seat, phantom_);
            } else {
                if (map.has("brick")) marker.brick = read_brick_index(map, phantom_);
                marker.center_mm = vector3(map, "center_mm");
            }
            marker.diameter_mm = map.number("diameter_mm", positive);
            marker.material = map.text("material");
            map.finish();
            if (!ids_.insert(marker.id).second)
                map.fail("id", fmt::format("the id {} is given twice among the beads and "
                                           "references",
                                           marker.id));
            for (const Marker& other : taken_) {
                const double distance = (marker.center_mm - other.center_mm).norm();
                if (distance < 0.5 * (marker.diameter_mm + other.diameter_mm))
                    map.fail("center_mm",
                             fmt::format("marker {} overlaps marker {}: their centres are {:.3f} "
                                         "mm apart",
                                         marker.id, other.id, distance));
            }
            taken_.push_back(marker);
            result.push_back(std::move(marker));
        }
        return result;
    }

  private:
    const MarkerPhantom& phantom_;
    std::vector<Marker> taken_;
    std::set<int> ids_;
};

// Refuses what cannot be built, at the place in the file that says it. Listed bricks are the first
// of the phantom's, listed beads the last; the others come from `generator`.
void check_build(const MarkerPhantom& phantom, const YamlMap& generator,
                 const std::vector<YamlMap>& bricks, const std::vector<YamlMap>& beads,
                 const std::vector<YamlMap>& references) {
    const auto fault = find_build_fault(phantom);
    if (!fault) return;
    const auto fail = [&](const std::vector<YamlMap>& maps, std::size_t first) {
        const bool listed = fault->index >= first && fault->index - first < maps.size();
        throw Error(ErrorCode::invalid_file, fault->message,
                    listed ? maps[fault->index - first].where() : generator.where());
    };
    if (fault->of == BuildFault::Of::brick) fail(bricks, 0);
    if (fault->of == BuildFault::Of::bead) fail(beads, phantom.beads.size() - beads.size());
    fail(references, 0);
}

MarkerPhantom read_keys(const YamlMap& map) {
    MarkerPhantom phantom;
    phantom.name = map.text("name");
    phantom.description = map.text_or("description", "");
    phantom.frame = map.text_or("frame", phantom.frame);
    phantom.as_built = map.flag_or("as_built", false);
    if (const auto grid = map.map_if("brick_grid")) phantom.grid = read_brick_grid(*grid);
    const auto bricks = map.maps("bricks");
    for (const YamlMap& brick : bricks)
        phantom.bricks.push_back(read_brick(brick));
    const auto cube = map.map_if("lego_cube");
    const auto lattice = map.map_if("lattice");
    if (cube && lattice)
        map.fail("lattice",
                 "give 'lattice' or 'lego_cube', not both: each numbers its beads "
                 "from 1");
    if (cube) read_lego_cube(*cube, phantom);
    if (lattice) phantom.beads = read_lattice(*lattice);
    MarkerReader reader(phantom);
    reader.take(phantom.beads);
    const auto bead_maps = map.maps("beads");
    const auto listed = reader.read(bead_maps);
    phantom.beads.insert(phantom.beads.end(), listed.begin(), listed.end());
    const auto reference_maps = map.maps("references");
    phantom.references = reader.read(reference_maps);
    for (const YamlMap& part : map.maps("bodies"))
        phantom.bodies.push_back(read_solid_part(part));
    map.finish();
    if (phantom.beads.empty())
        throw Error(ErrorCode::invalid_file,
                    "the phantom has no beads: give 'lattice' or 'lego_cube', 'beads' or both",
                    map.where());
    check_build(phantom, cube ? *cube : map, bricks, bead_maps, reference_maps);
    return phantom;
}

std::string marker_list(const std::string& key, const std::vector<Marker>& markers) {
    if (markers.empty()) return {};
    std::string text = key + ":\n";
    for (const Marker& m : markers) {
        text +=
            fmt::format("  - {{ id: {}, name: {}, center_mm: {}, diameter_mm: {}, material: {}",
                        m.id, quoted(m.name), list(m.center_mm), m.diameter_mm, quoted(m.material));
        text += m.brick < 0 ? " }\n" : fmt::format(", brick: {} }}\n", m.brick);
    }
    return text;
}

std::string size_keys(const Shape& shape) {
    if (const auto* box = std::get_if<Box>(&shape.form))
        return fmt::format("shape: box, size_mm: {}", list(box->size_mm));
    if (const auto* cylinder = std::get_if<Cylinder>(&shape.form))
        return fmt::format("shape: cylinder, diameter_mm: {}, length_mm: {}",
                           2.0 * cylinder->radius_mm, cylinder->length_mm);
    return fmt::format("shape: sphere, diameter_mm: {}",
                       2.0 * std::get<Sphere>(shape.form).radius_mm);
}

}  // namespace

SolidPart read_solid_part(const YamlMap& map) {
    SolidPart part;
    part.name = map.text("name");
    part.material = map.text("material");
    part.sign = map.integer_or("sign", 1, {-1.0, 1.0});
    if (part.sign == 0) map.fail("sign", "'sign' must be 1 (material) or -1 (cavity)");
    const std::string form = map.choice("shape", {"box", "cylinder", "sphere"});
    if (form == "box") {
        part.shape.form = Box{vector3(map, "size_mm", positive)};
    } else if (form == "cylinder") {
        part.shape.form =
            Cylinder{0.5 * map.number("diameter_mm", positive), map.number("length_mm", positive)};
    } else {
        part.shape.form = Sphere{0.5 * map.number("diameter_mm", positive)};
    }
    part.shape.parent_from_shape.translation_mm = vector3_or_zero(map, "center_mm");
    part.shape.parent_from_shape.rotation =
        rotation_from_vector(degree * vector3_or_zero(map, "rotation_vector_deg"));
    map.finish();
    return part;
}

MarkerPhantom read_phantom_keys(const YamlMap& map) {
    if (map.has("schema")) (void)map.schema({"phantom"});
    return read_keys(map);
}

MarkerPhantom read_phantom(const std::filesystem::path& path) {
    return read_keys(read_yaml(path, "phantom"));
}

MarkerPhantom parse_phantom(const std::string& text, const std::string& name) {
    return read_keys(parse_yaml(text, name, "phantom"));
}

std::string phantom_yaml(const MarkerPhantom& phantom) {
    std::string text =
        fmt::format("schema: stereodrr/phantom/v1\nname: {}\n", quoted(phantom.name));
    if (!phantom.description.empty())
        text += fmt::format("description: {}\n", quoted(phantom.description));
    text += fmt::format("frame: {}\n", quoted(phantom.frame));
    if (phantom.as_built) text += "as_built: true\n";
    text += bricks_text(phantom);
    text += marker_list("beads", phantom.beads);
    text += marker_list("references", phantom.references);
    if (!phantom.bodies.empty()) text += "bodies:\n";
    for (const SolidPart& part : phantom.bodies) {
        const Rigid3& pose = part.shape.parent_from_shape;
        text += fmt::format(
            "  - {{ name: {}, material: {}, sign: {}, {}, center_mm: {}, rotation_vector_deg: {} "
            "}}\n",
            quoted(part.name), quoted(part.material), part.sign, size_keys(part.shape),
            list(pose.translation_mm), list(vector_from_rotation(pose.rotation) / degree));
    }
    return text;
}

}  // namespace drr
