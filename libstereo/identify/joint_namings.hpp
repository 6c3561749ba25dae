#pragma once

#include "joint_fit.hpp"
#include "view_search.hpp"

#include <vector>

namespace stereo {

/// What is known of phantom and rig before a pose is looked at.
struct PriorKnowledge {
    RigKnowledge rig;
    /// Of all markers; empty: as designed, scattered as the images show.
    std::vector<MarkerPlace> places;
};

/// From the nominal values alone: nothing of how far the sources stand apart, since a pose is not
/// told from another in depth by more than the error of its focal length.
[[nodiscard]] PriorKnowledge nominal_knowledge(std::span<const NominalView> nominal,
                                               const IdentifyOptions& options);

/// One naming for each view of a pose, as the images of one phantom.
struct JointNaming {
    std::vector<const Naming*> of_view;
    /// The names that are left after the joint fit, per view and blob: marker or -1. A sighting
    /// that is less likely the marker's than a false one's is taken out.
    std::vector<std::vector<int>> marker_of_blob;
    JointFit fit;
    /// log-likelihood of what was found, missed and false, and of where it lies.
    double log_likelihood = 0.0;
};

/// The sightings of a naming, as those of pose number `pose`; none of views without one (null).
[[nodiscard]] std::vector<Sighting> sightings_of(std::span<const ViewProblem> views,
                                                 std::span<const Naming* const> of_view,
                                                 std::size_t pose);

/// The markers' places: those known, or the design and the greatest scatter found in the views.
[[nodiscard]] std::vector<MarkerPlace> places_for(std::span<const ViewProblem> views,
                                                  std::span<const Naming* const> of_view,
                                                  const PriorKnowledge& knowledge);

/// Fits one pose to the namings of its views.
[[nodiscard]] JointNaming join(std::span<const ViewProblem> views,
                               std::span<const double> clutter_per_px2,
                               std::vector<const Naming*> of_view, const JointFit& start,
                               const PriorKnowledge& knowledge);

/// The same from where the views' own fits put the phantom.
[[nodiscard]] JointNaming join_from_views(std::span<const ViewProblem> views,
                                          std::span<const double> clutter_per_px2,
                                          std::vector<const Naming*> of_view,
                                          const PriorKnowledge& knowledge);

/// The best of one or more.
[[nodiscard]] const JointNaming& most_likely(const std::vector<JointNaming>& namings);

/// Weighs namings with the density of false blobs that the best of them leaves, in place of the one
/// that they were joined with.
void weigh_with_clutter_of_best(std::span<const ViewProblem> views,
                                std::span<const double> clutter_per_px2,
                                std::vector<JointNaming>& namings);

/// Adds a naming; of those that give the same names only the likeliest stays, for poses a little
/// apart are one answer, whose likelihood has them integrated out.
void add_if_new(JointNaming naming, std::vector<JointNaming>& namings);

/// All combinations of the views' namings that may matter.
[[nodiscard]] std::vector<JointNaming> join_views(std::span<const ViewProblem> views,
                                                  std::span<const ViewSearch> searches,
                                                  const PriorKnowledge& knowledge);

}  // namespace stereo
