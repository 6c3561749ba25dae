#pragma once

#include <stereo/study/experiment.hpp>

#include <vector>

namespace stereo {

/// How well the beads of an experiment's phantom can be placed in its radiographs, without taking
/// any: `center_sd_px` of the experiment where it is given, else the Cramer-Rao bound
/// (localization_bound) for the bead's contrast in this beam behind the mean of the phantom's
/// bodies, this dose, and the blur of pixel, focal spot and detector. Quantum noise is taken as
/// white although the detector's spread smooths it; scatter as that of a wide even object; heel
/// effect, distortion and dead pixels are left out, and so is what texture does to a detector.
class CenterNoise {
  public:
    /// Throws drr::Error(usage) for imaging that no radiograph could be taken with.
    explicit CenterNoise(const ExperimentSpec& spec);

    /// Standard deviation of one coordinate of the centre of that bead, px, for the radius of its
    /// shadow. The bound is interpolated between some radii, evenly spaced.
    [[nodiscard]] double sd_px(std::size_t bead, double radius_px) const;

  private:
    struct Curve {
        double first_radius_px = 0.0;
        double step_px = 1.0;
        std::vector<double> sd_px;
    };
    std::vector<Curve> curves_;          ///< one for each kind of bead
    std::vector<std::size_t> curve_of_;  ///< of each bead
    double given_sd_px_ = 0.0;           ///< above 0: no curves
};

}  // namespace stereo
