#pragma once

#include "image_moments.hpp"

#include <drr/core/rng.hpp>
#include <drr/imaging/radiograph.hpp>
#include <drr/physics/attenuation.hpp>

#include <cstdint>

// What the tests of the image chain share: flat and random signals, a tube, moments of an image.

namespace test {

using namespace drr;

inline XrayView view_of(int width, int height, double pitch_mm = 0.25) {
    XrayView view;
    view.sdd_mm = 1200.0;
    view.pixel_pitch_mm = {pitch_mm, pitch_mm};
    view.width_px = width;
    view.height_px = height;
    view.principal_point_px = view.middle_px();
    return view;
}

template <class T>
XrayView view_of(const Image<T>& image) {
    return view_of(image.width(), image.height());
}

inline SignalImages flat(int width, int height, double line_integral = 0.0) {
    return monoenergetic_signal(Image<float>(width, height, static_cast<float>(line_integral)));
}

inline SignalImages random_signal(int width, int height) {
    Image<float> integrals(width, height);
    Rng rng({.seed = 6});
    for (float& value : integrals.pixels())
        value = static_cast<float>(rng.uniform(0.0, 3.0));
    return monoenergetic_signal(integrals);
}

inline Image<std::uint16_t> form(const SignalImages& primary, const RadiographOptions& options,
                                 const RngKey& key = {.seed = 3}) {
    return form_radiograph(primary, options, view_of(primary.mean), key);
}

inline TubeBeam tube_beam(double kvp = 80.0) {
    TubeBeam beam;
    beam.tube.voltage_kv = kvp;
    beam.tube.filters = {{find_material("aluminium"), 2.5}};
    return beam;
}

}  // namespace test
