#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/core/yaml_reader.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <set>

namespace drr {
namespace {

constexpr double max_lattice_count = 32.0;  // per axis; keeps a typing error from filling memory
constexpr double max_id = 1e6;

Eigen::Vector3d vector3(const YamlMap& map, const std::string& key, Range range = {}) {
    const auto values = map.numbers(key, 3, range);
    return {values[0], values[1], values[2]};
}

Eigen::Vector3d vector3_or_zero(const YamlMap& map, const std::string& key) {
    return map.has(key) ? vector3(map, key) : Eigen::Vector3d::Zero();
}

std::vector<Marker> read_lattice(const YamlMap& map) {
    std::array<int, 3> counts{};
    const auto values = map.numbers("counts", 3, {1.0, max_lattice_count});
    for (std::size_t axis = 0; axis < 3; ++axis) {
        if (values[axis] != std::floor(values[axis]))
            map.fail("counts",
                     fmt::format("'lattice.counts' must be whole numbers, found {}", values[axis]));
        counts[axis] = static_cast<int>(values[axis]);
    }
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
            marker.center_mm = vector3(map, "center_mm");
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
    std::vector<Marker> taken_;
    std::set<int> ids_;
};

SolidPart read_part(const YamlMap& map) {
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

MarkerPhantom read_keys(const YamlMap& map) {
    MarkerPhantom phantom;
    phantom.name = map.text("name");
    phantom.description = map.text_or("description", "");
    phantom.frame = map.text_or("frame", phantom.frame);
    MarkerReader reader;
    if (const auto lattice = map.map_if("lattice")) {
        phantom.beads = read_lattice(*lattice);
        reader.take(phantom.beads);
    }
    const auto listed = reader.read(map.maps("beads"));
    phantom.beads.insert(phantom.beads.end(), listed.begin(), listed.end());
    phantom.references = reader.read(map.maps("references"));
    for (const YamlMap& part : map.maps("bodies"))
        phantom.bodies.push_back(read_part(part));
    map.finish();
    if (phantom.beads.empty())
        throw Error(ErrorCode::invalid_file,
                    "the phantom has no beads: give 'lattice', 'beads' or both", map.where());
    return phantom;
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        if (c == '\n')
            result += "\\n";
        else
            result += c;
    }
    return result + '"';
}

std::string list(const Eigen::Vector3d& v) {
    return fmt::format("[{}, {}, {}]", v.x(), v.y(), v.z());
}

std::string marker_list(const std::string& key, const std::vector<Marker>& markers) {
    if (markers.empty()) return {};
    std::string text = key + ":\n";
    for (const Marker& m : markers)
        text += fmt::format(
            "  - {{ id: {}, name: {}, center_mm: {}, diameter_mm: {}, material: {} }}\n", m.id,
            quoted(m.name), list(m.center_mm), m.diameter_mm, quoted(m.material));
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
