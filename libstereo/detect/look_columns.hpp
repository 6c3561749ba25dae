#pragma once

#include "shadow_pixels.hpp"

namespace stereo {

/// The pixels around a candidate, one array for each property; those that fill the last vector up
/// are infinitely far away.
struct LookPixels {
    const double* x = nullptr;  // from the candidate
    const double* y = nullptr;
    const double* grey = nullptr;
    const double* rho = nullptr;  // distance from the candidate
    std::size_t count = 0;        // a multiple of pixel_padding
};

/// Columns of the grey and of the terms of a first look's model (FirstLook).
namespace look {
enum Column : std::size_t { grey, level, slope_x, slope_y, depth, depth_x, depth_y, columns };
}  // namespace look

/// Fills the columns, each of `pixels.count` numbers, with zeros beyond `reach`.
void look_columns(const ShadowProfile::Table& shadow, const LookPixels& pixels, double reach,
                  double* columns);

struct RimPixels {
    double all = 0.0;
    double dark = 0.0;
};

/// Zeros in place of the pixels outside of `radius` that are darker than the model by more than
/// `limit`; `terms` are the model's factors of the columns after the grey.
RimPixels leave_dark_out(const LookPixels& pixels, const double* terms, double radius, double limit,
                         double* columns);

}  // namespace stereo
