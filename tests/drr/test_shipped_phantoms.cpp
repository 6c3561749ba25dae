// All phantoms in the folder phantoms/: that they can be built, and that they are what they say.
#include "test.hpp"

#include <drr/core/rng.hpp>
#include <drr/core/yaml_reader.hpp>
#include <drr/phantom/extent.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <drr/physics/materials.hpp>

#include <Eigen/SVD>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

using namespace drr;
using Eigen::Vector3d;

namespace {

MarkerPhantom shipped(const std::string& name) {
    return read_phantom(test::phantoms() / (name + ".yaml"));
}

std::vector<std::filesystem::path> shipped_files() {
    std::vector<std::filesystem::path> result;
    for (const auto& entry : std::filesystem::directory_iterator(test::phantoms()))
        if (entry.path().extension() == ".yaml" &&
            entry.path().filename() != "default_experiment.yaml")
            result.push_back(entry.path());
    std::sort(result.begin(), result.end());
    return result;
}

std::vector<double> sorted_distances(const std::vector<Marker>& beads) {
    std::vector<double> result;
    for (std::size_t i = 0; i < beads.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            result.push_back((beads[i].center_mm - beads[j].center_mm).norm());
    std::sort(result.begin(), result.end());
    return result;
}

// Files give four decimals.
constexpr double written_mm = 1e-4;

}  // namespace

BOOST_AUTO_TEST_CASE(all_are_read) {
    BOOST_TEST(shipped_files().size() >= 8U);
    for (const auto& path : shipped_files()) {
        BOOST_TEST_CONTEXT(path.filename()) {
            const MarkerPhantom phantom = read_phantom(path);
            for (const SolidPart& part : solid_parts(phantom)) {
                validate(part.shape);
                find_material(part.material).validate();
            }
            BOOST_TEST(!phantom.description.empty());
            const MarkerPhantom back = parse_phantom(phantom_yaml(phantom), "back.yaml");
            BOOST_TEST(back.beads.size() == phantom.beads.size());
            BOOST_TEST(solid_parts(back).size() == solid_parts(phantom).size());
        }
    }
}

// Wherever one looks there is one material or air: nothing overlaps, no cavity reaches beyond what
// it is cut from, and each bead has a seat that is empty without it.
BOOST_AUTO_TEST_CASE(nothing_is_in_the_same_place_twice) {
    Rng rng({.seed = 21});
    for (const auto& path : shipped_files()) {
        BOOST_TEST_CONTEXT(path.filename()) {
            const auto solids = solid_parts(read_phantom(path));
            const Extent all = extent(solids);
            std::vector<Extent> extents;
            for (const SolidPart& solid : solids)
                extents.push_back(extent(solid.shape));
            int wrong = 0;
            // `n` points in a box, against those solids only that reach into it.
            const auto check = [&](const Vector3d& low, const Vector3d& high, int n) {
                std::vector<SolidPart> near;
                for (std::size_t i = 0; i < solids.size(); ++i)
                    if ((extents[i].low_mm.array() <= high.array()).all() &&
                        (extents[i].high_mm.array() >= low.array()).all())
                        near.push_back(solids[i]);
                for (; n > 0; --n) {
                    const Vector3d share(rng.uniform(), rng.uniform(), rng.uniform());
                    const int density = density_at(near, low + share.cwiseProduct(high - low));
                    wrong += density == 0 || density == 1 ? 0 : 1;
                }
            };
            check(all.low_mm, all.high_mm, 3000);
            for (const Extent& own : extents) {  // and about each solid, however small
                const Vector3d margin = 0.1 * own.size_mm();
                check(own.low_mm - margin, own.high_mm + margin, 10);
            }
            BOOST_TEST(wrong == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_cage_has_two_planes_without_symmetry) {
    const MarkerPhantom cage = shipped("rsa_cage");
    std::vector<Vector3d> planes[2];
    for (const Marker& bead : cage.beads) {
        const bool control = bead.center_mm.z() != 0.0;
        BOOST_TEST(bead.center_mm.z() == (control ? 180.0 : 0.0));
        BOOST_TEST(bead.diameter_mm == (control ? 0.8 : 1.0));
        planes[control ? 1 : 0].push_back(bead.center_mm);
    }
    BOOST_TEST(planes[0].size() == 39U);
    BOOST_TEST(planes[1].size() == 27U);
    // neither half a turn nor a mirror maps a plane onto itself
    for (const auto& plane : planes)
        for (const Vector3d& sign : {Vector3d(-1, -1, 1), Vector3d(-1, 1, 1), Vector3d(1, -1, 1)}) {
            int missed = 0;
            for (const Vector3d& bead : plane)
                missed += std::none_of(plane.begin(), plane.end(), [&](const Vector3d& other) {
                    return (other - bead.cwiseProduct(sign)).norm() < 1.0;
                });
            BOOST_TEST(missed == 1);
        }
}

BOOST_AUTO_TEST_CASE(the_cylinder_has_two_rings_and_a_helix) {
    const MarkerPhantom cylinder = shipped("ring_helix_cylinder");
    BOOST_REQUIRE(cylinder.beads.size() == 45U);
    const auto on_tube = [](double angle_deg, double z) {
        const double angle = angle_deg * std::numbers::pi / 180.0;
        return Vector3d(57.0 * std::cos(angle), 57.0 * std::sin(angle), z);
    };
    for (int n = 0; n < 45; ++n) {
        const Marker& bead = cylinder.beads[static_cast<std::size_t>(n)];
        const bool ring = n < 24;
        const Vector3d expected = ring ? on_tube(30.0 * (n % 12), n < 12 ? -60.0 : 60.0)
                                       : on_tube(22.5 + 36.0 * (n - 24), -45.0 + 4.5 * (n - 24));
        BOOST_TEST((bead.center_mm - expected).norm() < written_mm);
        BOOST_TEST(bead.diameter_mm == (ring ? 4.0 : 2.0));
    }
}

BOOST_AUTO_TEST_CASE(the_grid_is_hexagonal) {
    const MarkerPhantom grid = shipped("undistortion_grid");
    BOOST_TEST(grid.beads.size() == 613U);
    for (const Marker& bead : grid.beads) {
        BOOST_TEST(bead.center_mm.z() == 0.0);
        int neighbours = 0;
        for (const Marker& other : grid.beads) {
            const double distance = (bead.center_mm - other.center_mm).norm();
            if (&other != &bead) BOOST_TEST(distance > 12.0 - 2.0 * written_mm);
            neighbours += std::abs(distance - 12.0) < 2.0 * written_mm ? 1 : 0;
        }
        BOOST_TEST(neighbours <= 6);
        // all six where the next row is still on the grid
        if (bead.center_mm.norm() < 156.0 - 12.0) BOOST_TEST(neighbours == 6);
    }
}

// What lets a cluster be recognized, and its pose found: distances that differ from each other and
// from the other cluster's by more than they are measured wrong (0.1 mm), and a spread in three
// directions, by the condition number of Soederkvist and Wedin (J. Biomech. 26, 1993), 1/m; Valstar
// et al. (Acta Orthop. 76, 2005) take 150 for the limit.
BOOST_AUTO_TEST_CASE(clusters_are_told_apart_by_their_distances) {
    std::vector<double> both;
    for (const char* name : {"bead_cluster_a", "bead_cluster_b"}) {
        const MarkerPhantom cluster = shipped(name);
        BOOST_REQUIRE(cluster.beads.size() == 6U);
        const auto distances = sorted_distances(cluster.beads);
        BOOST_TEST(distances.front() > 6.0);
        for (std::size_t n = 1; n < distances.size(); ++n)
            BOOST_TEST(distances[n] - distances[n - 1] > 0.7);
        both.insert(both.end(), distances.begin(), distances.end());

        Eigen::Matrix<double, 3, 6> centred;
        for (int n = 0; n < 6; ++n)
            centred.col(n) = 1e-3 * cluster.beads[static_cast<std::size_t>(n)].center_mm;
        centred.colwise() -= centred.rowwise().mean().eval();
        const Vector3d spread = centred.jacobiSvd().singularValues();
        BOOST_TEST(1.0 / std::hypot(spread[1], spread[2]) < 80.0);
    }
    std::sort(both.begin(), both.end());
    for (std::size_t n = 1; n < both.size(); ++n)
        BOOST_TEST(both[n] - both[n - 1] > 0.3);
}

BOOST_AUTO_TEST_CASE(the_wand_has_its_length) {
    const MarkerPhantom wand = shipped("wand");
    BOOST_REQUIRE(wand.beads.size() == 2U);
    BOOST_TEST((wand.beads[0].center_mm - wand.beads[1].center_mm).norm() == 100.0);
}
