#pragma once

#include <drr/core/image.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace drr {

/// What grey values are linear in.
enum class GreyScale {
    log,       ///< the line integral, the negative logarithm of the intensity
    intensity  ///< the share of the beam that passes, exp(-line integral)
};

/// How line integrals become the grey values of a picture: linear in `scale` from `low` to `high`,
/// clipped. What attenuates is bright, as on radiographs on film; `inverted` makes it dark, as on
/// a fluoroscope's screen.
struct GreyWindow {
    GreyScale scale = GreyScale::log;
    double low = 0.0;  ///< of the scale: line integral, or share of the beam
    double high = 1.0;
    bool inverted = false;

    /// Throws Error(usage) unless low < high, both finite.
    void validate() const;

    /// The grey value, 0 to 1. Not clipped.
    [[nodiscard]] double grey(double line_integral) const;

    /// The line integral that gives a grey value, 0 to 1: the inverse of grey(). Infinite where no
    /// line integral does (intensities not above 0).
    [[nodiscard]] double line_integral(double grey) const;
};

/// A window for the line integrals above 0, those of rays that meet the object. Its dense end is at
/// their 99.5th percentile. Its thin end is
/// - for GreyScale::log at their 1st percentile, so that all of the object is seen;
/// - for GreyScale::intensity at the 10th percentile of those above a tenth of the dense end. In
///   thinner parts and air, whose intensities would take up most greys, the picture saturates, as
///   around a patient's skin.
/// Where both ends are equal, the thin end is line integral 0. Nothing when no line integral is
/// above 0. NaN is left out.
[[nodiscard]] std::optional<GreyWindow> automatic_window(std::vector<float> line_integrals,
                                                         GreyScale scale = GreyScale::log);

/// The picture on 16 bits: round(65535 grey), clipped; NaN is 0.
[[nodiscard]] Image<std::uint16_t> to_16_bits(const Image<float>& line_integrals,
                                              const GreyWindow& window);

}  // namespace drr
