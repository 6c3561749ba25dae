#include <drr/core/parallel.hpp>
#include <drr/imaging/radiograph_beam.hpp>
#include <drr/physics/attenuation.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace drr {

void validate(const RadiographBeam& beam) {
    if (const auto* mono = std::get_if<MonoenergeticBeam>(&beam)) {
        require(mono->photon_energy_kev >= attenuation_range_kev.low &&
                    mono->photon_energy_kev <= attenuation_range_kev.high,
                fmt::format("the photon energy must be between {} and {} keV, found {}",
                            attenuation_range_kev.low, attenuation_range_kev.high,
                            mono->photon_energy_kev));
    } else {
        std::get<TubeBeam>(beam).tube.validate();
        std::get<TubeBeam>(beam).detector.validate();
    }
}

PolychromaticBeam make_beam(const RadiographBeam& beam, const std::vector<Material>& materials) {
    validate(beam);
    if (const auto* tube = std::get_if<TubeBeam>(&beam))
        return {tube_spectrum(tube->tube), tube->detector, materials};
    // So thick that it lets none in 10^100 pass at any energy.
    DetectorOptions counts_all{.kind = DetectorKind::photon_counting, .thickness_mm = 1e5};
    const double energy_kev = std::get<MonoenergeticBeam>(beam).photon_energy_kev;
    return {Spectrum{{{energy_kev, 0.0, 1.0}}}, counts_all, materials};
}

SignalImages monoenergetic_signal(const Image<float>& line_integrals) {
    Image<float> passing(line_integrals.width(), line_integrals.height());
    parallel_for(static_cast<std::size_t>(passing.height()), [&](std::size_t index) {
        const float* const in = line_integrals.row(static_cast<int>(index));
        std::transform(in, in + passing.width(), passing.row(static_cast<int>(index)),
                       [](float integral) {
                           return static_cast<float>(std::exp(-static_cast<double>(integral)));
                       });
    });
    return {passing, passing};
}

double photons_per_pixel(const Spectrum& spectrum, double air_kerma_ugy,
                         const Eigen::Vector2d& pixel_pitch_mm) {
    spectrum.validate();
    require(std::isfinite(air_kerma_ugy) && air_kerma_ugy > 0.0, "the air kerma must be positive");
    require(pixel_pitch_mm.allFinite() && pixel_pitch_mm.minCoeff() > 0.0,
            "the pixel pitch must be positive");
    return air_kerma_ugy / drr::air_kerma_ugy(spectrum) * spectrum.photons() *
           pixel_pitch_mm.prod();
}

}  // namespace drr
