#include "test.hpp"

#include <drr/core/rng.hpp>
#include <drr/phantom/phantom_yaml.hpp>

#include <set>
#include <utility>

using namespace drr;
using Eigen::Vector3d;

namespace {

struct Cube {
    const char* file;
    double pitch_mm;
    double bead_mm;
};
const Cube cubes[] = {{"small_lego_cube.yaml", 40.0, 3.175}, {"large_lego_cube.yaml", 64.0, 5.0}};

// The 24 rotations of a cube.
std::vector<Eigen::Matrix3d> cube_rotations() {
    std::vector<Eigen::Matrix3d> result;
    for (int x = 0; x < 3; ++x)
        for (int y = 0; y < 3; ++y)
            for (int signs = 0; signs < 4; ++signs) {
                if (x == y) continue;
                Eigen::Matrix3d r;
                r.col(0) = ((signs & 1) != 0 ? -1.0 : 1.0) * Vector3d::Unit(x);
                r.col(1) = ((signs & 2) != 0 ? -1.0 : 1.0) * Vector3d::Unit(y);
                r.col(2) = r.col(0).cross(r.col(1));
                result.push_back(r);
            }
    return result;
}

// The plastic of a phantom's bricks, looked up brick by brick.
class Plastic {
  public:
    explicit Plastic(const MarkerPhantom& phantom) {
        for (const PlacedBrick& brick : phantom.bricks) {
            solids_.push_back(brick_solids(phantom.grid, {brick}));
            centers_mm_.push_back(phantom_from_brick(phantom.grid, brick).translation_mm);
        }
    }
    [[nodiscard]] int density(const Vector3d& point) const {
        constexpr double reach_mm = 35.0;  // of a 2x8 from the middle of its underside
        int sum = 0;
        for (std::size_t b = 0; b < solids_.size(); ++b)
            if ((point - centers_mm_[b]).squaredNorm() < reach_mm * reach_mm)
                sum += density_at(solids_[b], point);
        return sum;
    }

  private:
    std::vector<std::vector<SolidPart>> solids_;
    std::vector<Vector3d> centers_mm_;
};

double plastic_g(const MarkerPhantom& phantom) {
    return 1.04e-3 * volume_by_material_mm3(brick_solids(phantom.grid, phantom.bricks)).at("abs");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lego_cubes)

BOOST_AUTO_TEST_CASE(beads_are_a_lattice_about_the_origin) {
    for (const Cube& cube : cubes) {
        const MarkerPhantom phantom = read_phantom(test::phantoms() / cube.file);
        BOOST_REQUIRE(phantom.beads.size() == 64U);
        for (const Marker& bead : phantom.beads) {
            const int index = bead.id - 1;  // x fastest
            const Vector3d step(index % 4 - 1.5, index / 4 % 4 - 1.5, index / 16 - 1.5);
            BOOST_TEST((bead.center_mm == cube.pitch_mm * step));
            BOOST_TEST(bead.diameter_mm == cube.bead_mm);
        }
    }
}

// Identification relies on it: turned by any of the 23 rotations that map the lattice onto itself,
// at least one reference lands a pitch or more from all references.
BOOST_AUTO_TEST_CASE(references_break_every_symmetry) {
    for (const Cube& cube : cubes) {
        const MarkerPhantom phantom = read_phantom(test::phantoms() / cube.file);
        BOOST_REQUIRE(phantom.references.size() == 4U);
        for (const Marker& reference : phantom.references)
            for (const Marker& bead : phantom.beads)
                BOOST_TEST((reference.center_mm - bead.center_mm).norm() > 6.0);
        for (const Eigen::Matrix3d& rotation : cube_rotations()) {
            if (rotation.isIdentity()) continue;
            double farthest = 0.0;
            for (const Marker& moved : phantom.references) {
                double nearest = INFINITY;
                for (const Marker& other : phantom.references)
                    nearest =
                        std::min(nearest, (rotation * moved.center_mm - other.center_mm).norm());
                farthest = std::max(farthest, nearest);
            }
            BOOST_TEST(farthest > cube.pitch_mm);
        }
    }
}

BOOST_AUTO_TEST_CASE(markers_sit_in_air_and_plastic_is_nowhere_negative_or_double) {
    Rng rng({.seed = 5});
    const auto random_direction = [&rng] {
        return Vector3d(rng.normal(), rng.normal(), rng.normal()).normalized();
    };
    for (const Cube& cube : cubes) {
        const MarkerPhantom phantom = read_phantom(test::phantoms() / cube.file);
        const Plastic plastic(phantom);
        for (const auto* markers : {&phantom.beads, &phantom.references})
            for (const Marker& marker : *markers)
                for (int i = 0; i < 50; ++i)
                    BOOST_TEST(plastic.density(marker.center_mm + 0.4999 * marker.diameter_mm *
                                                                      random_direction()) == 0);
        const double extent = 2.0 * cube.pitch_mm;
        for (int i = 0; i < 10000; ++i) {
            const int sum =
                plastic.density({rng.uniform(-extent, extent), rng.uniform(-extent, extent),
                                 rng.uniform(-extent, extent)});
            BOOST_TEST((sum == 0 || sum == 1));
        }
    }
}

// The published parts of the small cube: 208 of 3001, 24 of 3002, 5 of 2456, 64 of 3700, 4 of 3068.
BOOST_AUTO_TEST_CASE(the_small_cube_weighs_about_what_its_published_parts_weigh) {
    const std::pair<const char*, int> published[] = {
        {"3001", 208}, {"3002", 24}, {"2456", 5}, {"3700", 64}, {"3068", 4}};
    double published_g = 0.0;
    for (const auto& [id, count] : published)
        published_g +=
            1.04e-3 * count * volume_by_material_mm3(brick_solids(brick_part(id))).at("abs");
    const double built_g = plastic_g(read_phantom(test::phantoms() / "small_lego_cube.yaml"));
    BOOST_TEST(std::abs(published_g - 609.0) < 1.0);  // the figures in phantoms/README.md
    BOOST_TEST(std::abs(built_g - 642.0) < 1.0);
    BOOST_TEST(std::abs(built_g / published_g - 1.0) < 0.10);
}

BOOST_AUTO_TEST_CASE(cubes_have_the_published_sizes) {
    const Vector3d published_mm[] = {{136.0, 128.0, 134.0}, {224.0, 224.0, 211.2}};
    for (std::size_t i = 0; i < std::size(cubes); ++i) {
        const MarkerPhantom phantom = read_phantom(test::phantoms() / cubes[i].file);
        Vector3d low = Vector3d::Constant(INFINITY);
        Vector3d high = -low;
        for (const PlacedBrick& brick : phantom.bricks) {
            if (brick.part == "3068") continue;  // tiles lie on top
            const auto size = cells(brick);
            for (int axis = 0; axis < 3; ++axis) {
                const double cell = axis < 2 ? 8.0 : 3.2;
                const auto a = static_cast<std::size_t>(axis);
                low[axis] = std::min(low[axis], cell * brick.at[a]);
                high[axis] = std::max(high[axis], cell * (brick.at[a] + size[a]));
            }
        }
        // 134 is 42 plates, 134.4, to the millimetre
        BOOST_TEST((high - low - published_mm[i]).cwiseAbs().maxCoeff() < 0.5);
    }
}

BOOST_AUTO_TEST_CASE(every_bead_is_in_a_technic_brick) {
    for (const Cube& cube : cubes) {
        const MarkerPhantom phantom = read_phantom(test::phantoms() / cube.file);
        std::set<int> carriers;
        for (const Marker& bead : phantom.beads) {
            BOOST_REQUIRE(bead.brick >= 0);
            carriers.insert(bead.brick);
            const auto& carrier = phantom.bricks[static_cast<std::size_t>(bead.brick)];
            BOOST_TEST(carrier.part.starts_with("3700"));
        }
        BOOST_TEST(carriers.size() == 64U);
    }
}

BOOST_AUTO_TEST_CASE(the_beginners_block_has_nine_bricks) {
    const MarkerPhantom block = read_phantom(test::phantoms() / "beginner_block.yaml");
    BOOST_TEST(block.bricks.size() == 9U);
    BOOST_TEST(block.beads.size() == 11U);
    BOOST_TEST(std::abs(plastic_g(block) - 13.2) < 0.1);  // the figure in phantoms/README.md
}

BOOST_AUTO_TEST_SUITE_END()
