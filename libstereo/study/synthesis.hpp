#pragma once

#include <drr/imaging/primary.hpp>
#include <stereo/study/validation.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace stereo {

/// The primary signals of an experiment's radiographs, kept for experiments that differ in what
/// comes after them only: most of the time goes into them.
struct PrimaryCache {
    std::string key;                                        ///< all that the signals depend on
    std::vector<std::optional<drr::SignalImages>> signals;  ///< pose by pose, view 0 then 1
};

/// Takes the radiographs of an experiment. Holds references to its arguments.
class RadiographSession {
  public:
    /// Empties the cache if its signals are not this experiment's.
    RadiographSession(const ExperimentSpec& spec, const Truth& truth,
                      PrimaryCache* cache = nullptr);

    /// The phantom at one pose in one view; for different images, from any threads at once.
    [[nodiscard]] drr::Image<std::uint16_t> radiograph(int pose, int view) const;

  private:
    [[nodiscard]] drr::SignalRows primary(int pose, int view) const;

    const ExperimentSpec& spec_;
    const Truth& truth_;
    std::vector<drr::SolidPart> solids_in_phantom_;
    drr::PolychromaticBeam beam_;
    std::array<drr::RadiographChain, 2> chains_;
    PrimaryCache* cache_;
};

/// validate_experiment() with radiographs from signals in the cache, which it fills.
[[nodiscard]] ValidationResult validate_cached(const ExperimentSpec& spec,
                                               const ValidationHooks& hooks, PrimaryCache* cache);

}  // namespace stereo
