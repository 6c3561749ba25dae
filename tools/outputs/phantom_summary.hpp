#pragma once

#include <drr/geometry/stereo_rig.hpp>
#include <drr/phantom/extent.hpp>
#include <drr/phantom/marker_phantom.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tools {

/// Beads or references of one kind.
struct MarkerKind {
    int count = 0;
    double diameter_mm = 0.0;
    std::string material;
    /// Width of the image in columns where the phantom's middle is at the isocentre: of a bead
    /// there, and of the beads that turning the phantom brings farthest from and nearest to the
    /// source.
    double image_px = 0.0;
    double least_image_px = 0.0;
    double largest_image_px = 0.0;
};

/// Bodies of one form, size, material and sign.
struct BodyKind {
    int count = 0;
    std::string form;  ///< e.g. "box 136 x 128 x 134 mm"
    std::string material;
    int sign = 1;
};

/// LEGO parts of one kind and colour.
struct PartKind {
    int count = 0;
    std::string part;  ///< design number
    std::string name;
    std::string colour;
    double mass_g = 0.0;  ///< of all of them
};

struct MaterialAmount {
    std::string material;
    double volume_cm3 = 0.0;
    double mass_g = 0.0;
};

/// Distances between beads.
struct BeadDistances {
    double least_neighbour_mm = 0.0;  ///< of the nearest neighbours
    double largest_neighbour_mm = 0.0;
    double largest_mm = 0.0;           ///< of all
    double least_difference_mm = 0.0;  ///< between two of them; 0 for a lattice
};

/// What a rigid motion, other than none, brings onto markers: what an image that misses the rest
/// cannot tell from the truth.
struct NearSymmetry {
    int beads = 0;       ///< that come to lie within `tolerance_mm` of beads
    int references = 0;  ///< of these motions, by that which moves most references onto references
    double tolerance_mm = 0.0;
};

/// What a builder and a radiographer want to know of a phantom.
struct PhantomSummary {
    std::vector<MarkerKind> beads;
    std::vector<MarkerKind> references;
    std::vector<PartKind> parts;
    std::vector<BodyKind> bodies;
    std::vector<MaterialAmount> materials;
    std::optional<BeadDistances> distances;  ///< of two beads or more
    /// The nearest one; of phantoms with 3 to 100 beads.
    std::optional<NearSymmetry> near_symmetry;
    drr::Extent extent;
    double magnification = 0.0;  ///< at the isocentre
    Eigen::Vector2d detector_mm = Eigen::Vector2d::Zero();
};

/// Throws drr::Error(usage) for an unknown material.
[[nodiscard]] PhantomSummary summarize(const drr::MarkerPhantom& phantom,
                                       const drr::StereoRigSpec& rig);

/// Tables for a terminal.
[[nodiscard]] std::string summary_text(const drr::MarkerPhantom& phantom,
                                       const PhantomSummary& summary);

/// Schema stereodrr/phantom-summary/v1.
[[nodiscard]] nlohmann::ordered_json summary_json(const drr::MarkerPhantom& phantom,
                                                  const PhantomSummary& summary);

}  // namespace tools
