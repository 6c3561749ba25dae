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
    SignalImages signal;
    for (const Eigen::Vector2d& offset_mm : offsets_mm) {
        SignalImages one = primary_signal(object(moved_source(view, offset_mm)), beam);
        if (signal.mean.empty()) {
            signal = std::move(one);
            continue;
        }
        add(signal.mean, one.mean);
        add(signal.variance, one.variance);
    }
    if (offsets_mm.size() > 1) {
        const float share = 1.0F / static_cast<float>(offsets_mm.size());
        scale(signal.mean, share);
        scale(signal.variance, share);
    }
    return signal;
}

}  // namespace drr
