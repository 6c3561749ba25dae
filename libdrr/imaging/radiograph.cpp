#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/geometry/rescaled_px.hpp>
#include <drr/imaging/quantum_noise.hpp>
#include <drr/imaging/radiograph.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace drr {

namespace {

/// By the factor's rows from `first` on.
void multiply(Image<float>& image, const Image<float>& factor, int first = 0) {
    std::transform(image.pixels().begin(), image.pixels().end(), factor.row(first),
                   image.pixels().begin(), std::multiplies<>());
}

/// So many rows of a signal are made at a time, that the images between the object and the quanta
/// stay in the cache of a core.
constexpr int strip_rows = 16;
/// And so many are spread at a time: the rows beyond, within a spread's reach, are made anew.
constexpr int band_rows = 256;

/// Calls `visit` in parallel for [first, last) in pieces of `size`, the last one smaller.
template <class Visit>
void for_each_piece(RowRange rows, int size, const Visit& visit) {
    const int pieces = (rows.count() + size - 1) / size;
    parallel_for(static_cast<std::size_t>(pieces), [&](std::size_t n) {
        const int first = rows.first + static_cast<int>(n) * size;
        visit(RowRange{first, std::min(first + size, rows.last)});
    });
}

/// The same distortion in pixels that are `parts` times smaller.
IntensifierDistortion finer(IntensifierDistortion distortion, int parts) {
    distortion.center_px = rescaled_px(distortion.center_px, parts);
    distortion.radius_px *= parts;
    return distortion;
}

Image<float> expected(const SignalImages& incident, double photons) {
    Image<float> signal = incident.mean;
    for (float& value : signal.pixels())
        value = static_cast<float>(photons * static_cast<double>(value));
    return signal;
}

void add_electronic_noise(Image<float>& signal, double sd, RngKey key) {
    key.purpose = RngPurpose::electronic_noise;
    parallel_for(static_cast<std::size_t>(signal.height()), [&](std::size_t row) {
        RngKey row_key = key;
        row_key.element = static_cast<std::uint32_t>(row);
        Rng rng(row_key);
        float* const out = signal.row(static_cast<int>(row));
        for (int u = 0; u < signal.width(); ++u)
            out[u] += static_cast<float>(sd * rng.normal());
    });
}

}  // namespace

void RadiographOptions::validate() const {
    drr::validate(beam);
    const bool tube = std::holds_alternative<TubeBeam>(beam);
    require(std::isfinite(photons_per_pixel) && photons_per_pixel > 0.0,
            "photons_per_pixel must be positive");
    require(!air_kerma_ugy || (std::isfinite(*air_kerma_ugy) && *air_kerma_ugy > 0.0),
            "air_kerma_ugy must be positive");
    require(!air_kerma_ugy || tube, "air_kerma_ugy needs the beam of a tube");
    require(!heel || tube, "the heel effect needs the beam of a tube");
    focal_spot.validate();
    if (scatter) scatter->validate();
    if (lag) lag->validate();
    if (flaws) flaws->validate();
    require(std::isfinite(electronic_noise_photons) && electronic_noise_photons >= 0.0,
            "electronic_noise_photons must not be negative");
    require(bits >= 8 && bits <= 16, fmt::format("bits must be 8 to 16, found {}", bits));
    // A beam that is brighter leaves no image to speak of, and is a slip when bits were changed.
    const double brightest = 4.0 * ((1 << bits) - 1);
    require(open_beam_grey > 0.0 && open_beam_grey <= brightest,
            fmt::format("open_beam_grey must be positive and at most {} (four times the brightest "
                        "grey value of {} bits), found {}",
                        brightest, bits, open_beam_grey));
}

RadiographChain::RadiographChain(const RadiographOptions& options, const XrayView& view,
                                 std::uint16_t view_index)
    : options_(options) {
    options.validate();
    view.validate();
    if (options.point_spread) drr::validate(*options.point_spread, view.pixel_pitch_mm);
    signal_view_ = finer(view, options.subpixels());
    open_mean_ = make_beam(options.beam, {}).open().mean;
    require(open_mean_ > 0.0, "the detector stops no photon of this beam");
    photons_ = options.photons_per_pixel;
    if (const auto* tube = std::get_if<TubeBeam>(&options.beam)) {
        if (options.air_kerma_ugy)
            photons_ = drr::photons_per_pixel(tube_spectrum(tube->tube), *options.air_kerma_ugy,
                                              view.pixel_pitch_mm);
        if (options.heel) heel_ = heel_image(*options.heel, tube->tube, signal_view_);
    }
    if (options.distortion)
        distortion_ = distortion_map(finer(*options.distortion, options.subpixels()),
                                     signal_view_.width_px, signal_view_.height_px);
    const SpreadShape shape = options.point_spread ? options.point_spread->shape : GaussianSpread{};
    point_spread_.emplace(finer(shape, options.subpixels()), signal_view_.width_px,
                          signal_view_.height_px, signal_view_.pixel_pitch_mm, options.subpixels());
    if (options.flaws)
        gain_ = gain_image(*options.flaws, view.width_px, view.height_px, view_index);
}

double RadiographChain::grey_per_photon() const {
    return options_.open_beam_grey / photons_;
}

void RadiographChain::require_size(const SignalImages& primary, int rows) const {
    for (const Image<float>* image : {&primary.mean, &primary.variance})
        require(image->width() == signal_view_.width_px && image->height() == rows,
                fmt::format("the signal has {} x {} pixels, the detector {} x {}{}", image->width(),
                            image->height(), signal_view_.width_px, rows,
                            options_.subpixels() > 1 ? " in parts of pixels" : ""));
}

void RadiographChain::require_sound(const SignalImages& primary, int rows) const {
    require_size(primary, rows);
    for (const Image<float>* image : {&primary.mean, &primary.variance}) {
        // To the end and without branches: so it goes in vectors, a fifth of the time.
        unsigned wrong = 0;
        for (const float value : image->pixels())
            wrong |= static_cast<unsigned>(!(value >= 0.0F)) |
                     static_cast<unsigned>(!(value <= std::numeric_limits<float>::max()));
        require(wrong == 0, "mean and variance of a signal must be finite and not negative");
    }
}

void RadiographChain::apply_heel(SignalImages& signal, int first) const {
    if (heel_.empty()) return;
    multiply(signal.mean, heel_, first);
    multiply(signal.variance, heel_, first);
}

ScatteredSignal RadiographChain::incident(const SignalImages& primary) const {
    require_sound(primary, signal_view_.height_px);
    ScatteredSignal result{primary, 0.0};
    SignalImages& signal = result.total;
    apply_heel(signal, 0);
    if (options_.scatter) {
        Image<float> open(signal_view_.width_px, signal_view_.height_px, 1.0F);
        if (!heel_.empty()) open = heel_;
        for (float& value : open.pixels())
            value *= static_cast<float>(open_mean_);
        result = add_scatter(signal, open, *options_.scatter, signal_view_.pixel_pitch_mm);
    }
    if (distortion_) {
        auto images = resample({&signal.mean, &signal.variance}, *distortion_);
        signal = {std::move(images[0]), std::move(images[1])};
    }
    return result;
}

Image<float> RadiographChain::detected(const SignalRows& incident, const RngKey& key) const {
    const int parts = options_.subpixels();
    const int reach = point_spread_->reach_px();
    const double photons = photons_ / (parts * parts);
    Image<float> pixels(signal_view_.width_px / parts, signal_view_.height_px / parts);
    const bool whole = reach >= signal_view_.height_px;
    const int band = whole ? pixels.height() : std::max(band_rows / parts, 1);
    for_each_piece({0, pixels.height()}, band, [&](RowRange wanted) {
        const RowRange around{std::max(wanted.first * parts - reach, 0),
                              std::min(wanted.last * parts + reach, signal_view_.height_px)};
        Image<float> signal(signal_view_.width_px, around.count());
        for_each_piece(around, strip_rows, [&](RowRange strip) {
            const SignalImages per_photon = incident(strip);
            const Image<float> rows = options_.quantum_noise
                                          ? quantum_noise(per_photon, photons, key, strip.first)
                                          : expected(per_photon, photons);
            std::copy(rows.pixels().begin(), rows.pixels().end(),
                      signal.row(strip.first - around.first));
        });
        const Image<float> spread = point_spread_->rows(signal, around.first, wanted);
        std::copy(spread.pixels().begin(), spread.pixels().end(), pixels.row(wanted.first));
    });
    return pixels;
}

Image<std::uint16_t> RadiographChain::radiograph(const SignalImages& primary, const RngKey& key,
                                                 LagState* state) const {
    require_size(primary, signal_view_.height_px);
    return radiograph(
        [&](RowRange rows) {
            return SignalImages{rows_of(primary.mean, rows), rows_of(primary.variance, rows)};
        },
        key, state);
}

Image<std::uint16_t> RadiographChain::radiograph(const SignalRows& primary, const RngKey& key,
                                                 LagState* state) const {
    Image<float> signal;
    if (options_.scatter || distortion_) {
        const SignalImages whole = incident(primary(all_rows())).total;
        signal = detected(
            [&](RowRange rows) {
                return SignalImages{rows_of(whole.mean, rows), rows_of(whole.variance, rows)};
            },
            key);
    } else {
        signal = detected(
            [&](RowRange rows) {
                SignalImages some = primary(rows);
                require_sound(some, rows.count());
                apply_heel(some, rows.first);
                return some;
            },
            key);
    }
    if (options_.lag && state) apply_lag(signal, *options_.lag, *state);
    if (!gain_.empty()) multiply(signal, gain_);
    const double open_mean = open_mean_ * (options_.scatter && options_.scatter->grid
                                               ? options_.scatter->grid->primary_transmission
                                               : 1.0);
    if (options_.electronic_noise_photons > 0.0)
        add_electronic_noise(signal, options_.electronic_noise_photons * open_mean, key);

    const auto grey_per_signal = static_cast<float>(grey_per_photon() / open_mean);
    const auto brightest = static_cast<float>((1 << options_.bits) - 1);
    const auto offset = static_cast<float>(options_.flaws ? options_.flaws->offset_grey : 0.0);
    if (!gain_.empty())
        std::transform(gain_.pixels().begin(), gain_.pixels().end(), signal.pixels().begin(),
                       signal.pixels().begin(),
                       [](float gain, float value) { return gain == 0.0F ? 0.0F : value; });
    Image<std::uint16_t> result(signal.width(), signal.height());
    std::transform(
        signal.pixels().begin(), signal.pixels().end(), result.pixels().begin(), [=](float value) {
            const float grey = value * grey_per_signal + offset + 0.5F;
            return static_cast<std::uint16_t>(static_cast<int>(std::clamp(grey, 0.0F, brightest)));
        });
    return result;
}

Image<std::uint16_t> form_radiograph(const SignalImages& primary, const RadiographOptions& options,
                                     const XrayView& view, const RngKey& key) {
    return RadiographChain(options, view, key.view).radiograph(primary, key);
}

}  // namespace drr
