#include "beam_row.hpp"

#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/physics/beam.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace drr {

namespace {

std::vector<float> in_float(const std::vector<double>& values) {
    return {values.begin(), values.end()};
}

}  // namespace

void DetectorOptions::validate() const {
    scintillator.validate();
    require(std::isfinite(thickness_mm) && thickness_mm > 0.0,
            fmt::format("the detector's thickness must be above 0 mm, found {}", thickness_mm));
}

PolychromaticBeam::PolychromaticBeam(const Spectrum& spectrum, const DetectorOptions& detector,
                                     const std::vector<Material>& materials) {
    spectrum.validate();
    detector.validate();
    const double photons = spectrum.photons();
    for (const auto& c : spectrum.components) {
        const double mu = attenuation_per_mm(detector.scintillator, c.energy_kev);
        const double detected = -std::expm1(-mu * detector.thickness_mm);
        const double left = detector.kind == DetectorKind::photon_counting
                                ? 1.0
                                : c.energy_kev / mu *
                                      energy_absorption_per_mm(detector.scintillator, c.energy_kev,
                                                               detector.fluorescence);
        mean_.push_back(c.photons / photons * detected * left);
        variance_.push_back(mean_.back() * left);
    }
    for (const Material& material : materials) {
        material.validate();
        names_.push_back(material.name);
        auto& mu_per_mm = mu_per_mm_.emplace_back();
        for (const auto& c : spectrum.components)
            mu_per_mm.push_back(attenuation_per_mm(material, c.energy_kev));
    }
}

PolychromaticBeam PolychromaticBeam::through(std::span<const std::string> names) const {
    PolychromaticBeam result = *this;
    result.names_.assign(names.begin(), names.end());
    result.mu_per_mm_.clear();
    for (const std::string& name : names) {
        const auto found = std::find(names_.begin(), names_.end(), name);
        require(found != names_.end(),
                fmt::format("the beam was made without the material '{}', it knows: {}", name,
                            fmt::join(names_, ", ")));
        result.mu_per_mm_.push_back(mu_per_mm_[static_cast<std::size_t>(found - names_.begin())]);
    }
    return result;
}

SignalMoments PolychromaticBeam::moments(std::span<const double> lengths_mm) const {
    require(lengths_mm.size() == materials(),
            fmt::format("the beam knows {} materials, found {} path lengths", materials(),
                        lengths_mm.size()));
    SignalMoments result;
    for (std::size_t i = 0; i < mean_.size(); ++i) {
        double line_integral = 0.0;
        for (std::size_t m = 0; m < lengths_mm.size(); ++m)
            line_integral += mu_per_mm_[m][i] * lengths_mm[m];
        const double passing = std::exp(-line_integral);
        result.mean += mean_[i] * passing;
        result.variance += variance_[i] * passing;
    }
    return result;
}

SignalMoments PolychromaticBeam::open() const {
    return moments(std::vector<double>(materials(), 0.0));
}

double PolychromaticBeam::line_integral(std::span<const double> lengths_mm) const {
    return std::log(open().mean / moments(lengths_mm).mean);
}

SignalImages PolychromaticBeam::moments(const std::vector<Image<float>>& lengths_mm) const {
    require(lengths_mm.size() == materials() && !lengths_mm.empty(),
            fmt::format("the beam knows {} materials, found {} images of path lengths", materials(),
                        lengths_mm.size()));
    const int width = lengths_mm.front().width();
    const int height = lengths_mm.front().height();
    for (const auto& image : lengths_mm)
        require(image.width() == width && image.height() == height,
                "the images of path lengths differ in size");

    BeamTable table{in_float(mean_), in_float(variance_), {}};
    for (const auto& mu_per_mm : mu_per_mm_)
        table.mu_per_mm.push_back(in_float(mu_per_mm));
    SignalImages result{Image<float>(width, height), Image<float>(width, height)};
    // Pixel by pixel whatever the image's width: samples of pixels are images of short rows.
    constexpr std::size_t at_once = 4096;
    const std::size_t size = result.mean.size();
    parallel_for((size + at_once - 1) / at_once, [&](std::size_t n) {
        const std::size_t first = n * at_once;
        std::vector<const float*> lengths;
        for (const auto& image : lengths_mm)
            lengths.push_back(image.pixels().data() + first);
        beam_row(table, lengths, static_cast<int>(std::min(at_once, size - first)),
                 result.mean.pixels().data() + first, result.variance.pixels().data() + first);
    });
    return result;
}

}  // namespace drr
