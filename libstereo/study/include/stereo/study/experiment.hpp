#pragma once

#include <drr/core/yaml_reader.hpp>
#include <drr/geometry/stereo_rig.hpp>
#include <drr/imaging/radiograph.hpp>
#include <drr/phantom/as_built.hpp>
#include <drr/phantom/marker_phantom.hpp>
#include <stereo/recon/epipolar.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace stereo {

/// How the phantom is placed: a base orientation and a random turn and shift about it for each
/// pose, in the rig frame (x lateral, y along the mean beam, z up).
struct PoseSpec {
    int calibration = 12;  ///< poses that the calibration sees
    int held_out = 4;      ///< poses that only the reconstruction sees
    Eigen::Vector3d base_rotation_rad = Eigen::Vector3d::Zero();  ///< rotation vector
    double max_rotation_rad = 0.0;                                ///< of the random turn
    Eigen::Vector3d max_shift_mm = Eigen::Vector3d::Zero();       ///< of the random shift, +-
};

/// How the phantom moves while it is imaged, and how far apart in time the two views are. Each
/// image is instantaneous: nothing is smeared.
struct MotionSpec {
    Eigen::Vector3d velocity_mm_per_s = Eigen::Vector3d::Zero();  ///< rig frame
    /// Rotation vector a second about the phantom's origin, rig frame.
    Eigen::Vector3d turn_rad_per_s = Eigen::Vector3d::Zero();
    double sync_offset_s = 0.0;      ///< view 1 is taken this much later than view 0
    bool while_calibrating = false;  ///< or in the held-out poses alone

    friend bool operator==(const MotionSpec&, const MotionSpec&) = default;
};

/// The beam and the detector of an experiment.
struct ImagingSpec {
    int samples_per_pixel = 10;  ///< n x n cells of pixels at the edges of metal
    drr::RadiographOptions radiograph;
};

/// One synthetic experiment from start to end: what is imaged, how, and what the procedure is told.
struct ExperimentSpec {
    std::string name;
    std::uint64_t seed = 0;
    std::string phantom_file;    ///< as the experiment names it
    drr::MarkerPhantom phantom;  ///< as designed, which is what the procedure is told
    /// How the phantom that is imaged differs from its design; the errors are drawn from the seed.
    drr::AsBuiltOptions as_built;
    bool bodies = true;  ///< whether bricks and bodies are imaged, or beads and references alone
    drr::StereoRigSpec rig;
    PoseSpec poses;
    MotionSpec motion;
    ImagingSpec imaging;
    /// The procedure is told SDD, source-isocentre distance and stereo angle with uniform relative
    /// errors of up to this much.
    double nominal_error = 0.05;
    double epipolar_threshold_px = 1.0;
    /// Standard deviation of a bead's centre along one axis where no radiograph is taken (studies
    /// on points); without it the Cramer-Rao bound of this imaging.
    std::optional<double> center_sd_px = {};
};

/// Reads an experiment (schema stereodrr/experiment/v1) and the phantom that it names, looked for
/// beside the experiment, or holds. Throws drr::Error(invalid_file) with file and line, Error(io).
[[nodiscard]] ExperimentSpec read_experiment(const std::filesystem::path& path);

/// Gives the phantom of a file that an experiment names.
using PhantomReader = std::function<drr::MarkerPhantom(const std::string& file)>;

/// The same from a mapping, where `schema` may be left out.
[[nodiscard]] ExperimentSpec read_experiment_keys(const drr::YamlMap& map,
                                                  const PhantomReader& read_file);

/// The experiment and phantom that come with the library: the small LEGO cube in a clinical rig,
/// `phantoms/default_experiment.yaml`.
[[nodiscard]] ExperimentSpec default_experiment();

/// The YAML text of an experiment; with the phantom's file beside it, read_experiment reads it
/// back to the same values.
[[nodiscard]] std::string experiment_yaml(const ExperimentSpec& spec);

}  // namespace stereo
