#pragma once

#include "naming.hpp"

#include <array>
#include <vector>

namespace stereo {

/// The same names under the same pose: a flat phantom may have two that fit.
[[nodiscard]] bool same_naming(const Naming& a, const Naming& b);

/// The likeliest different namings of one view, by falling log-likelihood.
class NamingPool {
  public:
    explicit NamingPool(double clutter_per_px2) : clutter_(clutter_per_px2) {}

    void add(Naming naming);
    /// Whether a naming of the pool gives the three blobs these names already.
    [[nodiscard]] bool knows(const std::array<int, 3>& blobs,
                             const std::array<int, 3>& beads) const;
    [[nodiscard]] std::vector<Naming>& namings() { return namings_; }

  private:
    double clutter_;
    std::vector<Naming> namings_;
};

}  // namespace stereo
