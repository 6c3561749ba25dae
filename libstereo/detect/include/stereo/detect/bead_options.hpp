#pragma once

#include <drr/geometry/pinhole.hpp>

#include <limits>
#include <optional>

namespace stereo {

/// Where X-rays reach the detector (find_irradiated_field).
struct FieldOptions {
    bool search = true;  ///< false takes the whole image as irradiated
    /// Levels between black and bright at which the field's border is looked for: leakage and
    /// scatter behind a collimator stay below half of the open beam.
    double lowest_level = 0.02;
    double highest_level = 0.5;
    /// Outside the border the grey is at most this part of what it is inside. A body's own outline
    /// is softer.
    double max_outside_grey = 0.5;
    /// The field is a circle or a polygon without notches: its area over its convex hull's. Pixels
    /// and beads cut by the border cost about a hundredth.
    double min_solidity = 0.96;
    /// Smaller dark corners are left to the fits.
    double min_outside_share = 0.005;
    double margin_px = 3.0;  ///< taken off inside the border: the collimator's own penumbra
};

/// How candidates are found (find_candidates); lengths in radii of the scale.
struct CandidateSearchOptions {
    /// The two Gaussians. Their difference is near the Laplacian of Gaussian whose zero crossing is
    /// the bead's edge.
    double inner_scale = 0.5;
    double outer_scale = 1.0;
    /// Ratio of neighbouring scales; half a step off the response has lost 3 %.
    double scale_step = 1.265;
    /// The image is halved while this scale's radius stays above so many pixels: a Gaussian of half
    /// of it is still well sampled.
    double smallest_reduced_radius_px = 2.4;
    /// Response of a ball's blurred shadow of contrast 1 at the matching scale, at least.
    double least_response = 0.25;
    /// Below this part of the image's bright grey no bead can be told from black.
    double black_level = 0.02;
    /// The ring that a bead is darker than. Edges fill half of it, neighbours up to 6 of 16.
    double ring_radius = 1.9;
    int ring_directions = 16;
    int shadowed_directions = 6;
    int bright_direction = 12;
    /// The darkest allowed direction shows at least this part of the contrast of a bright one.
    double least_side = 0.4;
    /// The inner Gaussian sees at least this part of a ball's depth.
    double least_seen_contrast = 0.7;
    double same_spot = 0.5;  ///< peaks nearer than this are one spot
};

/// The cheap first look at a candidate (look_at): a ball's shadow over a plane, by linear least
/// squares on the reduced image.
struct FirstLookOptions {
    /// Refused above: residuals beyond the noise over the shadow's depth. More than the whole fit
    /// allows, since the plane is a poor background and the shadow's size a guess: beads in bone
    /// leave up to 0.13.
    double max_relative_residual = 0.25;
    /// Refused below: the depth over the least contrast.
    double min_contrast_share = 0.7;
    /// The standard deviation of the place may exceed what the whole fit allows by this factor, and
    /// the diameter its limits by the other (a step of the radii that are tried).
    double uncertainty_leniency = 1.2;
    double size_leniency = 1.12;
    double reach_radii = 1.5;  ///< pixels that are looked at: background on a rim of half a radius
    /// Pixels outside the shadow darker than the plane by this part of its depth belong to
    /// neighbours and are left out, ...
    double neighbour_depth = 0.3;
    /// ... but at least this part of the rim has to stay.
    double min_rim_share = 0.5;
};

/// How an unknown size is found (estimate_diameter).
struct SizeSearchOptions {
    double min_diameter_px = 4.0;  ///< a shadow of fewer pixels has no measurable shape
    /// Largest diameter over the image's shorter side. Larger round things are anatomy; a marker of
    /// that size has to be told by its diameter.
    double max_diameter_share = 0.1;
    int max_fits = 48;  ///< the likeliest candidates that are fitted; half of them may be no beads
    /// Shadows whose diameters differ by this factor are of one kind: magnification varies by 20 %
    /// within a phantom.
    double same_size_factor = 1.25;
};

/// How candidates are fitted.
struct FitStrategyOptions {
    /// So many of the strongest candidates are fitted with their blur and veil free, for the
    /// image's: beads over bone differ by a quarter in blur, of whose spread the median of these
    /// has a third.
    int beads_for_optics = 12;
    /// In the last fits each bead has its own blur, held to the image's by a Gaussian prior on its
    /// logarithm: the median of a few is off by a tenth, and magnification varies as much.
    double prior_log_blur = 0.2;
    /// Blur before anything is known, in radii and at least in px: unsharp enough to start the fit
    /// from either side.
    double starting_blur_radii = 0.15;
    double least_starting_blur_px = 0.6;
    /// A bead needs four to eight steps, what wanders longer is none. But the radius, blur and
    /// attenuation of beads below the second number are hard to tell apart, and creep.
    int quick_iterations = 12;
    double resolved_radius_px = 6.0;
    /// Where at least this share of the beads stands on a plain background, as far as first fits
    /// with the narrow rim can tell, the last fits use a wide one (BeadFitOptions::wide_rim). A
    /// single small bead cannot tell: one in five of those in a wrist's bones looks plain.
    double plain_share = 0.8;
    /// Where a pixel's noise is above this part of the brightest grey, sharp edges are not seen by
    /// parts of pixels (BeadFitOptions::sharp_parts): noise moves centres as much as that would,
    /// and it takes twice the time. An image that seems saturated does not tell its noise.
    double sharp_edge_noise = 0.01;
    /// While its neighbours are not known yet, a bead's fit may be worse by this factor.
    double first_leniency = 2.0;
    /// Two beads in place of one blob: apart by at least this many radii, with residuals below this
    /// part of the blob's, each rounder than this part of what a bead may be. A second bead always
    /// fits better, so it has to explain most of what the first one left.
    double split_distance_radii = 0.5;
    double split_residual = 0.5;
    double vague_split_residual = 0.2;  ///< the same where the blob itself could not be placed
    double split_ellipticity = 0.5;
    /// A blob that is longer than wide by this factor is split along its moments' axis, else along
    /// that of the residuals of one ball.
    double split_elongation = 1.25;
    /// A pair of beads, still far from its place, promises to come within this factor of the
    /// chi-square that it has to reach: of 15 starts at pairs among rendered bricks the worst was
    /// at 14. What is no pair is given up: nine in ten vague blobs are above 25.
    double split_promise_leniency = 25.0;
};

/// What is flagged, not refused.
struct FlagOptions {
    /// Irregular: ellipticity above this and so many standard deviations, or residuals above this
    /// part of the depth, which perspective and noise do not explain.
    double ellipticity = 0.03;
    double significance = 5.0;
    double relative_residual = 0.08;
    double low_contrast_to_noise = 3.0;  ///< low contrast: depth over a pixel's noise
};

struct BeadDetectorOptions {
    /// Expected diameter of a shadow. 0: the size of which the image shows most beads, weighted by
    /// their contrast (estimate_diameter).
    double diameter_px = 0.0;
    /// Diameters outside [1/f, f] times the expected one are refused. Covers magnification within a
    /// phantom and a guess that is wrong by a quarter.
    double diameter_factor = 1.6;
    bool dark = true;            ///< beads darker than their background (false: brighter)
    double min_contrast = 0.08;  ///< a stud or a vessel is fainter, a metal bead hardly ever
    /// Grey of a pixel that no X-ray reaches. NaN: 0 for dark beads, the image's largest value for
    /// bright ones (an inverted radiograph).
    double black_grey = std::numeric_limits<double>::quiet_NaN();
    /// Standard deviation of the blur; 0 estimates one for the image, as the median over beads.
    double blur_px = 0.0;
    /// Refused above: residuals beyond the noise (RMS over the fit's pixels) relative to the
    /// shadow's depth. A bone edge under a bead of 30 % contrast leaves up to 0.1; what is no ball
    /// leaves more.
    double max_relative_residual = 0.16;
    /// Refused above: (a - b) / (a + b). A ball's shadow is an ellipse of less than 0.01 anywhere
    /// on a common detector; bone edges under a faint bead leave up to 0.1.
    double max_ellipticity = 0.15;
    /// Refused above: standard deviation of the centre, in radii. Texture that happens to look like
    /// a faint ball is found by its uncertain place.
    double max_center_sd_radii = 0.03;
    /// All fits use a wide rim of background where it looks plain (BeadFitOptions::wide_rim), not
    /// only the last ones of images that are plain (FitStrategyOptions::plain_share). Off: bone
    /// texture drew the centres of real beads by tenths of a pixel and lost one in 68.
    bool wide_rim = false;
    /// False where the background is known to be smooth (BeadFitOptions::background_field).
    bool background_field = true;
    /// Candidates must stand out of their surroundings by this many robust standard deviations.
    double min_significance = 5.0;
    /// A value that this share of the pixels has is the top of the scale, not chance.
    double saturated_share = 1e-3;

    /// Where the source stands over the detector, at least nominally: a ball's shadow is an ellipse
    /// whose centre is not the projection of the ball's (drr::ball_center_px). Centres are then
    /// those of the balls; without it those of the shadows. Needs square pixels. A focal length
    /// that is wrong by 5 % leaves a tenth of the shift.
    std::optional<drr::Pinhole> pinhole{};

    FieldOptions field{};
    CandidateSearchOptions search{};
    FirstLookOptions first_look{};
    SizeSearchOptions size{};
    FitStrategyOptions fit{};
    FlagOptions flag{};

    /// Throws drr::Error(usage).
    void validate() const;
};

}  // namespace stereo
