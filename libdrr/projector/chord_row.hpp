#pragma once

#include <Eigen/Core>

#include <cstddef>
#include <span>

namespace drr {

/// Sums of a line are written in whole vectors of at most this many numbers.
inline constexpr std::size_t line_padding = 16;

/// Room for sums of `count` rays.
[[nodiscard]] constexpr std::size_t padded(int count) {
    return (static_cast<std::size_t>(count) + line_padding - 1) / line_padding * line_padding;
}

/// A line of rays: ray i starts at the source (t = 0) and ends at `start + i step` from there
/// (t = 1).
struct RayLine {
    Eigen::Vector3d start_mm;
    Eigen::Vector3d step_mm;
};

enum class Form { sphere, box, cylinder };

/// A form that a view sees.
struct SeenForm {
    Eigen::Vector3d source_mm;  ///< in the form's frame, whose axes are those of a line
    Eigen::Vector3d half_mm;    ///< of a box; for round forms the radius is first, in a cylinder
                                ///< half the length last
    double near = 0.0;          ///< a t at which rays are near the form
    double weight = 0.0;
};

/// A form that waits to be added to the rays [first, last) of a line, one or more, in numbers of
/// type T.
template <class T>
struct ChordSpan {
    const SeenForm* form = nullptr;
    int first = 0, last = 0;
    T* sums = nullptr;  ///< of the line, aligned and padded
};

/// Adds weight times the chord, in mm, within t of [0, 1] of each span of one form to its sums.
/// Rays before and after a span may be met too, as vectors have it, up to the padding. Places are
/// taken from where rays are at `near`, so that they are rounded as the size of the form is, not as
/// its distance from the source.
void add_chords(Form form, const RayLine& line, std::span<const ChordSpan<float>> spans);
void add_chords(Form form, const RayLine& line, std::span<const ChordSpan<double>> spans);

}  // namespace drr
