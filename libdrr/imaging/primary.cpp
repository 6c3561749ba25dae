#include <drr/imaging/primary.hpp>

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace drr {
namespace {

/// Gives pixels the mean of their samples.
void settle(const SampledPixels& group, const Image<float>& samples, Image<float>& image) {
    for (std::size_t n = 0; n < group.pixels.size(); ++n) {
        const float* const row = samples.row(static_cast<int>(n));
        const double sum = std::accumulate(row, row + samples.width(), 0.0);
        image(group.pixels[n].column, group.pixels[n].row) =
            static_cast<float>(sum / samples.width());
    }
}

void add(Image<float>& sum, const Image<float>& more) {
    std::transform(sum.pixels().begin(), sum.pixels().end(), more.pixels().begin(),
                   sum.pixels().begin(), std::plus<>());
}

void scale(Image<float>& image, float factor) {
    for (float& value : image.pixels())
        value *= factor;
}

/// Of the signals from so many points of a spot.
template <class SignalFrom>
SignalImages mean_of(std::size_t points, const SignalFrom& signal_from) {
    SignalImages sum = signal_from(0);
    for (std::size_t n = 1; n < points; ++n) {
        const SignalImages one = signal_from(n);
        add(sum.mean, one.mean);
        add(sum.variance, one.variance);
    }
    if (points > 1) {
        const float share = 1.0F / static_cast<float>(points);
        scale(sum.mean, share);
        scale(sum.variance, share);
    }
    return sum;
}

}  // namespace

SignalImages primary_signal(const PathLengths& lengths, const PolychromaticBeam& beam) {
    lengths.validate();
    const PolychromaticBeam through = beam.through(lengths.materials);
    SignalImages signal = through.moments(lengths.mean_mm);
    for (const SampledPixels& group : lengths.sampled) {
        const SignalImages samples = through.moments(group.samples_mm);
        settle(group, samples.mean, signal.mean);
        settle(group, samples.variance, signal.variance);
    }
    return signal;
}

SignalImages primary_signal(const PathLengthsOfView& object, const XrayView& view,
                            const PolychromaticBeam& beam, const FocalSpot& spot) {
    view.validate();
    const auto offsets_mm = spot_offsets_mm(spot);
    return mean_of(offsets_mm.size(), [&](std::size_t n) {
        return primary_signal(object(moved_source(view, offsets_mm[n])), beam);
    });
}

SignalRows primary_rows(std::span<const SolidPart> solids, const XrayView& view,
                        const PolychromaticBeam& beam, const FocalSpot& spot,
                        const AnalyticOptions& options) {
    view.validate();
    std::vector<SolidsInView> from_spot;
    for (const Eigen::Vector2d& offset_mm : spot_offsets_mm(spot))
        from_spot.emplace_back(solids, moved_source(view, offset_mm), options);
    return [from_spot = std::move(from_spot), beam](RowRange rows) {
        return mean_of(from_spot.size(), [&](std::size_t n) {
            return primary_signal(from_spot[n].rows(rows), beam);
        });
    };
}

}  // namespace drr
