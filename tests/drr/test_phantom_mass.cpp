#include "test.hpp"

#include <drr/geometry/rigid3.hpp>
#include <drr/phantom/phantom_yaml.hpp>
#include <drr/projector/path_lengths.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

using namespace drr;

// What a phantom weighs, from its radiograph: path lengths summed over the detector, times the area
// that a pixel has at the phantom, are its volume. Rays are as good as parallel: the source is 100
// m away, which changes areas by less than the phantom's size over that, 2 mm/m.
BOOST_AUTO_TEST_CASE(volumes_of_all_materials_come_out_of_the_projection) {
    constexpr double source_mm = 1e5;
    constexpr double sdd_mm = 1.002e5;
    for (const char* file : {"small_lego_cube.yaml", "beginner_block.yaml", "wand.yaml"}) {
        const MarkerPhantom phantom = read_phantom(test::phantoms() / file);
        const std::vector<SolidPart> solids = solid_parts(phantom);
        XrayView view;
        view.view_from_world = {rotation_from_vector({0.3, -0.4, 0.2}), {0.0, 0.0, source_mm}};
        view.sdd_mm = sdd_mm;
        view.pixel_pitch_mm.setConstant(0.25);
        view.width_px = 1000;
        view.height_px = 1000;
        view.principal_point_px = view.middle_px();
        const PathLengths lengths = path_lengths(solids, view);
        const double area_mm2 = std::pow(0.25 * source_mm / sdd_mm, 2.0);
        for (const auto& [material, volume_mm3] : volume_by_material_mm3(solids)) {
            const auto at = static_cast<std::size_t>(
                std::find(lengths.materials.begin(), lengths.materials.end(), material) -
                lengths.materials.begin());
            BOOST_REQUIRE(at < lengths.materials.size());
            const auto& pixels = lengths.mean_mm[at].pixels();
            const double seen_mm3 = area_mm2 * std::accumulate(pixels.begin(), pixels.end(), 0.0);
            BOOST_TEST_MESSAGE(file << ", " << material << ": " << volume_mm3 << " mm3, seen "
                                    << seen_mm3 / volume_mm3 - 1.0);
            // Plastic is sampled at the centres of pixels: edges are aliased, at random.
            BOOST_TEST(std::abs(seen_mm3 / volume_mm3 - 1.0) < 0.002);
        }
    }
}
