#pragma once

#include <drr/geometry/stereo_rig.hpp>
#include <stereo/identify/identify.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace test {

/// A phantom before a rig that it suits.
struct IdentifyPhantom {
    std::string name;
    stereo::MarkerConstellation design;  ///< with radii
    drr::StereoRigSpec rig;
    bool flat = false;  ///< turned at most 70 degrees from face-on, to either side
};

/// From a phantom file; the pixel pitch grows with the phantom so that most of it is seen.
[[nodiscard]] IdentifyPhantom read_identify_phantom(const std::filesystem::path& path);
[[nodiscard]] IdentifyPhantom without_references(IdentifyPhantom phantom);
/// Beads of 3 mm at random in a box, none nearer than 6 mm to another.
[[nodiscard]] IdentifyPhantom random_layout(int beads, const Eigen::Vector3d& size_mm,
                                            std::uint64_t seed);

struct CaseSettings {
    int views = 2;
    double missing = 0.3;      ///< probability of each marker in each view
    double false_share = 0.3;  ///< false blobs over the phantom's beads
    double as_built_sd_mm = 0.3;
    double nominal_error = 0.1;  ///< of SDD, source-isocentre distance and stereo angle, uniform
    bool radii = false;          ///< blobs and markers come with sizes
};

struct IdentifyCase {
    std::vector<stereo::ViewBlobs> blobs;
    std::vector<stereo::NominalView> nominal;
    stereo::MarkerConstellation design;
    stereo::IdentifyOptions options;
    /// Per view and blob: the markers that it shows; none for a false one, several when merged.
    std::vector<std::vector<std::vector<int>>> truth;
    /// Per view and marker: where it is projected, as built.
    std::vector<std::vector<Eigen::Vector2d>> true_px;
    std::vector<drr::Rigid3> view_from_phantom;
    std::vector<drr::Pinhole> true_pinholes;
    std::vector<int> beads_seen;  ///< per view
};

/// A random case: any orientation, stereo angle 6, 30, 60 or 90 degrees, `poses` poses before the
/// same views.
[[nodiscard]] IdentifyCase make_case(const IdentifyPhantom& phantom, std::uint64_t seed,
                                     const CaseSettings& settings, int poses = 1);

/// One pose of a case of several.
[[nodiscard]] IdentifyCase pose_of(const IdentifyCase& stack, std::size_t pose);

/// Whether a blob shows one marker whose image lies apart from all others.
[[nodiscard]] bool is_unambiguous(const IdentifyCase& c, std::size_t view, std::size_t blob);

struct CaseScore {
    int named = 0;
    int wrong = 0;          ///< stand-ins are not counted
    int other_markers = 0;  ///< of the wrong ones: the blob shows another marker, or two
    int stand_ins = 0;      ///< false blobs that took a marker's name, where it may be
    double claimed = 0.0;   ///< how many of the names are wrong by their own errors
    int unambiguous = 0;
    int unambiguous_named = 0;
};

[[nodiscard]] CaseScore score_case(const IdentifyCase& c, const stereo::IdentifyResult& result);

}  // namespace test
