#pragma once

#include <drr/core/log.hpp>
#include <drr/geometry/pinhole.hpp>
#include <stereo/identify/constellation.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace stereo {

/// What an operator knows of a view without any calibration.
struct NominalView {
    drr::Pinhole pinhole;              ///< nominal SDD over pitch; the detector's centre
    Eigen::Quaterniond view_from_rig;  ///< how the views stand to each other
    int width_px = 0;
    int height_px = 0;
};

/// The round shadows found in one image.
struct ViewBlobs {
    std::vector<Eigen::Vector2d> centers_px;
    /// One for each centre; empty where sizes were not measured. Used when the constellation has
    /// radii too: to tell markers of different sizes apart, and to bound the magnification.
    std::vector<double> radii_px;
};

struct IdentifyOptions {
    /// How far the nominal source-detector distances and the angle between the views may be off.
    double max_nominal_error = 0.1;
    /// Standard deviation, along each axis, of where a bead really is; an upper limit, for the
    /// scatter found in an image replaces it where it is smaller. References keep it.
    double as_built_sd_mm = 0.3;
    /// Standard deviation of a blob's centre along one axis: blobs that touch are off by that much.
    double blob_sd_px = 0.5;
    /// Standard deviation of the logarithm of a measured radius.
    double radius_log_sd = 0.1;
    /// A blob is a marker's when it lies within this many standard deviations of its prediction:
    /// 3.7 keep 99.9 % of a normal scatter in two dimensions.
    double gate_sd = 3.7;
    /// Probability that a marker inside the image is detected.
    double detection_rate = 0.7;
    /// The shadows of two markers nearer than this are seen as one, midway. About 0.7 of a bead's
    /// diameter.
    double ambiguity_px = 12.0;
    /// Beads that must be found in one view: six points determine one (11 parameters). Each of
    /// several views may show two less, but not all of them; with a rig known from other poses two
    /// more are needed together.
    int min_beads = 6;
    /// An answer is certain when the probability that it is wrong is below this, all rivals taken
    /// together.
    double max_error_probability = 1e-4;
    /// A blob keeps its name when the probability that it is another's shadow, or a false one, is
    /// below this. Names are wrong as often as they say (ViewIdentity::name_error_of_blob), most
    /// often by a false blob where a marker is missing. At 0.1 % a fifth of all good names would be
    /// withheld, and more than half of them in a single view of a dozen beads.
    double max_name_error = 0.01;
    /// And when the probability that it shows another marker, alone or merged with the one named,
    /// is below this: that is a wrong identity, and no more to be had of a name than of the whole
    /// naming, while a false blob within a marker's scatter is off by no more than the marker may
    /// be. It costs one name in a hundred.
    double max_other_marker_error = 1e-4;
    /// The phantom counts as found when fewer poses than this are expected to fit as well where
    /// blobs lie at random. Those that do fit here are among the rivals; this is for images that do
    /// not show the phantom.
    double max_chance_poses = 0.05;
    /// The phantom's diameter in the image, at most, in diagonals of the image.
    double max_size_diagonals = 2.0;
    /// Work for one view, in pairs of a triple of blobs with a triple of beads: an image without
    /// the phantom is given up after that many. 16 million take about two seconds.
    std::size_t max_hypotheses = 16'000'000;

    /// Throws drr::Error(usage).
    void validate() const;
};

/// Which blob is which marker in one image.
struct ViewIdentity {
    /// One per blob: index into MarkerConstellation::all_mm(), or -1.
    std::vector<int> marker_of_blob;
    /// The probability that the blob's likeliest name is wrong, given that most of the others are
    /// right; names above options.max_name_error are withheld. 1 where a blob has none. Of a
    /// certain naming only, else empty.
    std::vector<double> name_error_of_blob;
    /// Of that, the probability that the blob shows another marker, alone or merged with the one
    /// named; names above options.max_other_marker_error are withheld.
    std::vector<double> other_marker_error_of_blob;
    drr::Rigid3 view_from_phantom;  ///< for the intrinsics that were fitted along
    double focal_scale = 1.0;       ///< fitted over nominal focal length
    int beads_found = 0;
    int references_found = 0;
    double rms_px = 0.0;  ///< residuals' length of the found beads
};

/// Another way to name the blobs of a pose.
struct RivalIdentity {
    std::vector<ViewIdentity> views;
    double probability = 0.0;
};

struct IdentifyResult {
    /// The best naming. Nothing is named (all -1) unless `ok`.
    std::vector<ViewIdentity> views;
    bool ok = false;         ///< certain
    bool ambiguous = false;  ///< the phantom was found, but `rivals` explain the images as well
    /// That the best naming is right, given that one of those compared is.
    double probability = 0.0;
    /// log10 of how many poses are expected to fit as well where blobs lie at random.
    double log10_chance = 0.0;
    /// If ambiguous: all namings that are not excluded, by falling probability, the best first.
    std::vector<RivalIdentity> rivals;
    std::string summary;  ///< one line
};

/// Names the blobs seen in one or more views of a phantom, without anybody's help and from nominal
/// values only; for any layout of beads that do not lie on one line.
///
/// In each view, poses are proposed by triples of blobs and beads, refined together with the focal
/// length, and completed by the layout's near symmetries (docs/identification.md). Over the views
/// those go together whose rotations differ as the nominal ones do. The answer is certain,
/// ambiguous (with the rivals), or that the phantom was not found; a phantom with fewer than
/// options.min_beads beads, or too few of them found, never gets a certain one. The same
/// input gives the same result, bit by bit. Throws drr::Error(usage) when counts differ.
[[nodiscard]] IdentifyResult identify_markers(std::span<const ViewBlobs> blobs,
                                              const MarkerConstellation& constellation,
                                              std::span<const NominalView> nominal,
                                              const IdentifyOptions& options = {});

/// Names the blobs of several poses of one phantom before the same views: `blobs` holds the views
/// of the first pose, then those of the second, and so on. Each is decided on its own first. One
/// fit to those that are certain then tells how the views stand to each other, their focal lengths
/// and where the beads are as built, and the others are decided again with that, as long as it
/// makes more of them certain: symmetric solutions of a pose without its references are told apart
/// by the scatter of the beads. Neither rig nor phantom may change between the poses: where the
/// certain ones contradict each other, all stay as decided alone. One result for each. The poses
/// are searched in parallel, for which `progress` counts ("identify").
[[nodiscard]] std::vector<IdentifyResult> identify_poses(std::span<const ViewBlobs> blobs,
                                                         const MarkerConstellation& constellation,
                                                         std::span<const NominalView> nominal,
                                                         const IdentifyOptions& options = {},
                                                         const drr::ProgressSink& progress = {});

}  // namespace stereo
