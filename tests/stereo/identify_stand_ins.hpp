#pragma once

#include "identify_cases.hpp"
#include "joint_namings.hpp"

namespace test {

/// False blobs that took the name of a marker, one after the other: whether each lies where what is
/// truly seen of the other markers lets this one be. A fit to their blobs under their true names,
/// and to the stand-ins before, puts the marker within an ellipse of `gate_sd` standard deviations:
/// of that fit, of the marker as built and of a blob. No method can tell a blob in it from a bead;
/// where the marker is seen in another view and contradicts, it might as well be false there.
class StandIns {
  public:
    explicit StandIns(const IdentifyCase& c);

    /// False, too, where fewer than three blobs of the view, which hold a pose, show single
    /// markers.
    [[nodiscard]] bool add(std::size_t view, std::size_t blob, std::size_t marker);

  private:
    [[nodiscard]] stereo::Sighting sighting(std::size_t view, std::size_t blob,
                                            std::size_t marker) const;

    const IdentifyCase& case_;
    stereo::PriorKnowledge knowledge_;
    std::vector<drr::Pinhole> nominal_;
    std::vector<stereo::MarkerPlace> places_;
    stereo::ViewRelations relations_;  // as they are, for a start
    std::vector<stereo::Sighting> sightings_;
};

}  // namespace test
