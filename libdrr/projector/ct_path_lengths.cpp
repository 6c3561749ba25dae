#include <drr/core/error.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/projector/ct_path_lengths.hpp>
#include <drr/projector/joseph.hpp>
#include <drr/volume/hu_to_mu.hpp>

#include <cmath>

namespace drr {

void CtMaterials::validate() const {
    require(bone_hu > -1000.0, "the CT number from which voxels are bone must be above -1000 HU");
    require(std::isinf(bone_hu) || tissue != bone, "tissue and bone must be two materials");
    (void)attenuation_per_mm(tissue, scan_kev);
    (void)attenuation_per_mm(bone, scan_kev);
}

CtPathLengths::CtPathLengths(const CtVolume& volume, const CtMaterials& materials) {
    materials.validate();
    const double water = attenuation_per_mm("water", materials.scan_kev);
    // The density of the material relative to its own, where a projector expects mu.
    const auto take = [&](const std::string& name, double low_hu, double high_hu) {
        HuToMu relative = water_rule(water / attenuation_per_mm(name, materials.scan_kev));
        relative.low_hu = low_hu;
        relative.high_hu = high_hu;
        materials_.push_back(name);
        volumes_.push_back(std::make_unique<JosephProjector>(mu_volume(volume, relative)));
    };
    constexpr double all = std::numeric_limits<double>::infinity();
    if (std::isinf(materials.bone_hu)) {
        take(materials.tissue, -all, all);
    } else {
        take(materials.tissue, -all, std::nextafter(materials.bone_hu, -all));
        take(materials.bone, materials.bone_hu, all);
    }
}

CtPathLengths::~CtPathLengths() = default;
CtPathLengths::CtPathLengths(CtPathLengths&&) noexcept = default;
CtPathLengths& CtPathLengths::operator=(CtPathLengths&&) noexcept = default;

PathLengths CtPathLengths::operator()(const XrayView& view) const {
    PathLengths result{materials_, {}, {}};
    for (const auto& volume : volumes_)
        result.mean_mm.push_back(volume->line_integrals(view));
    return result;
}

}  // namespace drr
