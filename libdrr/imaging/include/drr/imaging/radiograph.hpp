#pragma once

#include <drr/core/image.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/xray_view.hpp>
#include <drr/imaging/detector_flaws.hpp>
#include <drr/imaging/distort_image.hpp>
#include <drr/imaging/focal_spot.hpp>
#include <drr/imaging/heel.hpp>
#include <drr/imaging/lag.hpp>
#include <drr/imaging/point_spread.hpp>
#include <drr/imaging/radiograph_beam.hpp>
#include <drr/imaging/scatter.hpp>

#include <cstdint>
#include <optional>

namespace drr {

/// How the primary signal becomes grey values (docs/radiographs.md). What is not set is off.
struct RadiographOptions {
    RadiographBeam beam = MonoenergeticBeam{};
    /// Expected number in the open beam on the central ray, in front of grid and detector.
    double photons_per_pixel = 20000.0;
    /// Sets that number by the air kerma there instead; needs a TubeBeam.
    std::optional<double> air_kerma_ugy = {};

    /// Of primary_signal() (drr/imaging/primary.hpp), which projects the object; the chain starts
    /// from its result.
    FocalSpot focal_spot = {};
    std::optional<HeelEffect> heel = {};  ///< needs a TubeBeam
    std::optional<Scatter> scatter = {};
    std::optional<IntensifierDistortion> distortion = {};
    bool quantum_noise = true;
    std::optional<PointSpread> point_spread = {};
    std::optional<Lag> lag = {};
    std::optional<DetectorFlaws> flaws = {};
    /// Standard deviation of the electronics' noise in a pixel, in the signal that one photon of
    /// the open beam gives on average.
    double electronic_noise_photons = 0.0;

    int bits = 16;                    ///< 8 to 16; the brightest grey value is 2^bits - 1
    double open_beam_grey = 50000.0;  ///< on the central ray; above the brightest it saturates

    /// Parts of a pixel along either side in which the primary signal is given: the point spread's.
    [[nodiscard]] int subpixels() const { return point_spread ? point_spread->subpixels : 1; }

    /// Throws Error(usage). What depends on the detector's size and pitch is checked by
    /// RadiographChain.
    void validate() const;
};

/// Turns primary signals into radiographs: one detector, with all that does not change from image
/// to image worked out. In this order, each effect before those that act on its result:
/// heel effect and scatter (where photons go), the grid, the intensifier's distortion (where they
/// are shown), quantum noise (how many there are), point spread (which correlates that noise), lag
/// and gains (each pixel's), electronic noise (of the read-out), dead pixels, offset, rounding and
/// saturation.
class RadiographChain {
  public:
    /// `view_index` names the detector's flaws among those of other views. Throws Error(usage).
    RadiographChain(const RadiographOptions& options, const XrayView& view,
                    std::uint16_t view_index = 0);

    /// What the primary signal has to be made for: the detector, in parts of its pixels.
    [[nodiscard]] const XrayView& signal_view() const { return signal_view_; }

    /// The grey values, dark where the object is dense. `primary` is the signal per photon of the
    /// open beam in signal_view(), as make_beam(options.beam, materials) or monoenergetic_signal()
    /// give it; `key` names the noise by seed, trial and view. Images of a sequence share `state`,
    /// which is what lag needs; without one each scene has stood still. Same bytes whatever the
    /// number of threads. Throws Error(usage) for a signal of another size, negative or not finite.
    [[nodiscard]] Image<std::uint16_t> radiograph(const SignalImages& primary, const RngKey& key,
                                                  LagState* state = nullptr) const;

    /// The same from a signal that is made row by row (drr/imaging/primary.hpp), some rows more
    /// than once. Scatter, distortion and spreads other than the Gaussian need whole images;
    /// without them none in parts of pixels is ever whole, which takes less memory, and less time.
    [[nodiscard]] Image<std::uint16_t> radiograph(const SignalRows& primary, const RngKey& key,
                                                  LagState* state = nullptr) const;

    /// What reaches the detector, per photon of the open beam: the image before noise, in
    /// signal_view(), and the scatter-to-primary ratio behind the grid. Throws as radiograph().
    [[nodiscard]] ScatteredSignal incident(const SignalImages& primary) const;

    [[nodiscard]] const RadiographOptions& options() const { return options_; }
    /// In the open beam on the central ray, also where the air kerma sets it.
    [[nodiscard]] double photons_per_pixel() const { return photons_; }
    /// Grey values to the signal of one photon of the open beam.
    [[nodiscard]] double grey_per_photon() const;

  private:
    /// Throw Error(usage) unless it has so many rows of the detector, and unless it is a signal
    /// too.
    void require_size(const SignalImages& primary, int rows) const;
    void require_sound(const SignalImages& primary, int rows) const;
    /// What the heel effect leaves of the rows from `first` on.
    void apply_heel(SignalImages& signal, int first) const;
    /// The signals of pixels with the noise of quanta.
    [[nodiscard]] Image<float> detected(const SignalRows& incident, const RngKey& key) const;
    [[nodiscard]] RowRange all_rows() const { return {0, signal_view_.height_px}; }

    RadiographOptions options_;
    XrayView signal_view_;
    double photons_ = 0.0;
    double open_mean_ = 0.0;  ///< signal of one photon, in front of the grid
    Image<float> heel_;       ///< in signal_view_; empty when off
    Image<float> gain_;       ///< of the pixels; empty when off, 0 where dead
    std::optional<ResamplingMap> distortion_;
    std::optional<PointSpreadFilter>
        point_spread_;  ///< always set: of no width where there is none
};

/// One radiograph on its own: RadiographChain(options, view, key.view).radiograph(primary, key).
[[nodiscard]] Image<std::uint16_t> form_radiograph(const SignalImages& primary,
                                                   const RadiographOptions& options,
                                                   const XrayView& view, const RngKey& key);

}  // namespace drr
