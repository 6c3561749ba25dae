#pragma once

#include <drr/projector/path_lengths.hpp>
#include <drr/volume/ct_volume.hpp>

#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace drr {

class Projector;

/// What the CT numbers of a scan are taken for. Below `bone_hu` a voxel is `tissue`, from there on
/// `bone`, of the density that gives its attenuation at the energy of the scan.
struct CtMaterials {
    std::string tissue = "water";
    std::string bone = "cortical_bone";
    double bone_hu = std::numeric_limits<double>::infinity();  ///< none is bone
    /// Effective energy of the scan: where HU say mu = mu_water (HU + 1000) / 1000. About that of
    /// 120 kV.
    double scan_kev = 70.0;

    /// Throws Error(usage).
    void validate() const;
};

/// The path lengths through a CT: mm of each material at its nominal density. So the attenuation at
/// the energy of the scan is that of the water rule (drr/volume/hu_to_mu.hpp) whatever the
/// materials, and at other energies that of the materials.
class CtPathLengths {
  public:
    /// Keeps a copy of the volume for each material, as JosephProjector does. Throws Error(usage)
    /// for an invalid volume, an unknown material or an energy out of range.
    explicit CtPathLengths(const CtVolume& volume, const CtMaterials& materials = {});
    ~CtPathLengths();
    CtPathLengths(CtPathLengths&&) noexcept;
    CtPathLengths& operator=(CtPathLengths&&) noexcept;

    /// In a view whose world is that of the volume; no pixel is sampled.
    [[nodiscard]] PathLengths operator()(const XrayView& view) const;

  private:
    std::vector<std::string> materials_;
    std::vector<std::unique_ptr<const Projector>> volumes_;
};

}  // namespace drr
