#include <drr/core/error.hpp>
#include <drr/phantom/lego_cube.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace drr {
namespace {

using Cell = std::array<int, 2>;

constexpr int brick_plates = 3;

struct Layer {
    int z = 0;  // plates under it
    int plates = brick_plates;
    int level = -1;      // of the lattice whose carriers are in it
    bool beams = false;  // goes under (or over) a level's carriers
};

// Layers from the table to the top; bricks first, then plates, up to each level of carriers.
std::vector<Layer> layers(const LegoCube& cube) {
    std::vector<Layer> result;
    int z = 0;
    const auto fill_to = [&](int end) {
        while (z < end) {
            const int plates = end - z >= brick_plates ? brick_plates : 1;
            result.push_back({z, plates, -1, false});
            z += plates;
        }
    };
    for (std::size_t level = 0; level < cube.node_plates.size(); ++level) {
        fill_to(cube.node_plates[level]);
        result.push_back({z, brick_plates, static_cast<int>(level), false});
        z += brick_plates;
    }
    fill_to(cube.size[2]);
    for (std::size_t i = 0; i < result.size(); ++i) {
        if (result[i].level < 0) continue;
        if (i > 0)
            result[i - 1].beams = true;
        else if (result.size() > 1)
            result[1].beams = true;
    }
    return result;
}

// The design number of a plain part of these sizes, or none.
std::string_view plain_part(int length, int width, int plates) {
    for (const BrickPart& part : brick_parts())
        if (part.studs_x == length && part.studs_y == width && part.plates == plates &&
            part.has_studs && part.hole_diameter_mm == 0.0)
            return part.id;
    return {};
}

// The fewest lengths of parts that fill a run of `studs` with no joint at the given places, or
// nothing when there is no such row.
std::vector<int> split_run(int studs, const std::set<int>& no_joint) {
    constexpr std::array<int, 4> lengths = {6, 4, 3, 2};
    constexpr int never = std::numeric_limits<int>::max();
    std::vector<int> pieces(static_cast<std::size_t>(studs) + 1, never);  // to fill up to here
    std::vector<int> last(pieces.size(), 0);
    pieces[0] = 0;
    for (int end = 1; end <= studs; ++end) {
        if (end < studs && no_joint.contains(end)) continue;
        for (const int length : lengths) {
            if (length > end) continue;
            const int before = pieces[static_cast<std::size_t>(end - length)];
            if (before == never || before + 1 >= pieces[static_cast<std::size_t>(end)]) continue;
            pieces[static_cast<std::size_t>(end)] = before + 1;
            last[static_cast<std::size_t>(end)] = length;
        }
    }
    std::vector<int> run;
    if (pieces.back() == never) return run;
    for (int end = studs; end > 0; end -= run.back())
        run.push_back(last[static_cast<std::size_t>(end)]);
    std::reverse(run.begin(), run.end());
    return run;
}

class CubeBuilder {
  public:
    CubeBuilder(MarkerPhantom& phantom, const LegoCube& cube) : phantom_(phantom), cube_(cube) {
        for (int j = 0; j < cube.nodes[1]; ++j) {
            const int y = node_y(j);
            const int low = y + 1 < cube.size[1] ? y : y - 1;
            if (!in_wall({cube.wall_studs, low}) || !in_wall({cube.wall_studs, low + 1}))
                beam_rows_.push_back(low);
        }
    }

    void build() {
        int index = 0;
        for (const Layer& layer : layers(cube_))
            add(layer, index++ % 2 == 0);
    }

  private:
    [[nodiscard]] int node_x(int i) const { return cube_.first_node[0] + i * cube_.pitch_studs; }
    [[nodiscard]] int node_y(int j) const { return cube_.first_node[1] + j * cube_.pitch_studs; }

    [[nodiscard]] bool in_wall(const Cell& cell) const {
        for (std::size_t axis = 0; axis < 2; ++axis)
            if (cell[axis] < cube_.wall_studs || cell[axis] >= cube_.size[axis] - cube_.wall_studs)
                return true;
        return false;
    }

    void add(const Layer& layer, bool along_x) {
        free_.clear();
        for (int y = 0; y < cube_.size[1]; ++y)
            for (int x = 0; x < cube_.size[0]; ++x)
                if (in_wall({x, y})) free_.insert({x, y});
        if (layer.level >= 0 || layer.beams)
            for (const int row : beam_rows_)
                for (int x = 0; x < cube_.size[0]; ++x)
                    free_.insert({{x, row}, {x, row + 1}});
        for (const PlacedBrick& brick : phantom_.bricks) {
            const int top = brick.at[2] + cells(brick)[2];
            if (brick.at[2] < layer.z + layer.plates && top > layer.z) take_cells(brick);
        }
        if (layer.level >= 0)
            add_nodes(layer);
        else if (layer.beams)
            add_beams(layer);
        fill(layer, along_x);
    }

    void take_cells(const PlacedBrick& brick) {
        const auto size = cells(brick);
        for (int y = 0; y < size[1]; ++y)
            for (int x = 0; x < size[0]; ++x)
                free_.erase({brick.at[0] + x, brick.at[1] + y});
    }

    void place(std::string_view part, const Cell& at, const Layer& layer, int quarter_turns) {
        phantom_.bricks.push_back({std::string(part),
                                   {at[0], at[1], layer.z},
                                   quarter_turns,
                                   cube_.colour,
                                   Eigen::Vector3d::Zero()});
        take_cells(phantom_.bricks.back());
    }

    void add_nodes(const Layer& layer) {
        const BrickPart& part = brick_part(cube_.carrier);
        for (int j = 0; j < cube_.nodes[1]; ++j)
            for (int i = 0; i < cube_.nodes[0]; ++i) {
                place(cube_.carrier, {node_x(i), node_y(j)}, layer, 0);
                Marker bead;
                bead.id = static_cast<int>(phantom_.beads.size()) + 1;
                bead.name = fmt::format("b{:02}", bead.id);
                bead.center_mm =
                    seated_mm(phantom_.grid, phantom_.bricks.back(), seat(part, layer));
                bead.diameter_mm = cube_.bead_diameter_mm;
                bead.material = cube_.bead_material;
                bead.brick = static_cast<int>(phantom_.bricks.size()) - 1;
                phantom_.beads.push_back(std::move(bead));
            }
    }

    // Of a bead in its carrier's frame.
    [[nodiscard]] Eigen::Vector3d seat(const BrickPart& part, const Layer& layer) const {
        if (cube_.seat_height_mm.empty()) return {0.0, 0.0, BrickDimensions{}.hole_height_mm};
        const double height = cube_.seat_height_mm[static_cast<std::size_t>(layer.level)];
        return stud_foot_mm(part, 0, 0) + height * Eigen::Vector3d::UnitZ();
    }

    void add_beams(const Layer& layer) {
        std::set<int> carrier_ends;
        for (int i = 0; i < cube_.nodes[0]; ++i)
            carrier_ends.insert({node_x(i), node_x(i) + brick_part(cube_.carrier).studs_x});
        const auto run = split_run(cube_.size[0], carrier_ends);
        require(!run.empty(),
                "no row of parts 2 to 6 studs long spans the cube along x with its "
                "joints off the ends of the carriers");
        for (const int row : beam_rows_) {
            int x = 0;
            for (const int length : run) {
                place(plain_part(length, 2, layer.plates), {x, row}, layer, 0);
                x += length;
            }
        }
    }

    // Fills what is free, with the largest parts first.
    void fill(const Layer& layer, bool along_x) {
        constexpr std::array<std::array<int, 2>, 7> sizes = {
            {{4, 2}, {3, 2}, {2, 2}, {4, 1}, {3, 1}, {2, 1}, {1, 1}}};
        for (const auto& [length, width] : sizes)
            for (const bool turned : {!along_x, along_x}) {
                const Cell size = turned ? Cell{width, length} : Cell{length, width};
                for (int y = 0; y + size[1] <= cube_.size[1]; ++y)
                    for (int x = 0; x + size[0] <= cube_.size[0]; ++x)
                        if (is_free({x, y}, size))
                            place(plain_part(length, width, layer.plates), {x, y}, layer,
                                  turned ? 1 : 0);
            }
    }

    [[nodiscard]] bool is_free(const Cell& at, const Cell& size) const {
        for (int y = 0; y < size[1]; ++y)
            for (int x = 0; x < size[0]; ++x)
                if (!free_.contains({at[0] + x, at[1] + y})) return false;
        return true;
    }

    MarkerPhantom& phantom_;
    const LegoCube& cube_;
    std::vector<int> beam_rows_;  // the lower row of each
    std::set<Cell> free_;         // cells of the layer at work
};

}  // namespace

void LegoCube::validate() const {
    // A carrier less than a course from the next would overlap it.
    require(!node_plates.empty(), "a cube needs at least one level of nodes");
    for (std::size_t level = 0; level < node_plates.size(); ++level) {
        const int free_from = level == 0 ? 0 : node_plates[level - 1] + brick_plates;
        require(node_plates[level] >= free_from && node_plates[level] + brick_plates <= size[2],
                fmt::format("level {} of the nodes does not fit: its carriers stand at plate {}, "
                            "the cube is {} plates high and free from plate {}",
                            level, node_plates[level], size[2], free_from));
    }
    const BrickPart& part = brick_part(carrier);
    require(part.plates == brick_plates, "the carrier must be a brick high");
    require(seat_height_mm.empty() || seat_height_mm.size() == node_plates.size(),
            "a cube needs one seat height for each level of nodes, or none");
    require(wall_studs >= 1 && pitch_studs >= part.studs_x && nodes[0] >= 1 && nodes[1] >= 1,
            "a cube needs walls, nodes along x and y and a pitch no shorter than the carrier");
    const std::array<int, 2> carrier_studs = {part.studs_x, part.studs_y};
    for (std::size_t axis = 0; axis < 2; ++axis)
        require(size[axis] >= 2 && first_node[axis] >= 0 &&
                    first_node[axis] + (nodes[axis] - 1) * pitch_studs + carrier_studs[axis] <=
                        size[axis],
                "the nodes reach out of the cube");
    require(bead_diameter_mm > 0.0, "the beads need a positive diameter");
}

void add_lego_cube(MarkerPhantom& phantom, const LegoCube& cube) {
    cube.validate();
    CubeBuilder(phantom, cube).build();
}

}  // namespace drr
