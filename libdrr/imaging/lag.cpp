#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/imaging/lag.hpp>

namespace drr {

void Lag::validate() const {
    require(fraction >= 0.0 && fraction <= 1.0, "the lag's fraction must be between 0 and 1");
    require(decay >= 0.0 && decay < 1.0, "the lag's decay must be at least 0 and below 1");
}

void apply_lag(Image<float>& signal, const Lag& lag, LagState& state) {
    lag.validate();
    const auto fraction = static_cast<float>(lag.fraction);
    const auto decay = static_cast<float>(lag.decay);
    if (state.held.empty()) {
        state.held = signal;
        for (float& held : state.held.pixels())
            held *= fraction / (1.0F - decay);
    }
    require(state.held.width() == signal.width() && state.held.height() == signal.height(),
            "the frames of a sequence differ in size");
    parallel_for(static_cast<std::size_t>(signal.height()), [&](std::size_t row) {
        float* const out = signal.row(static_cast<int>(row));
        float* const held = state.held.row(static_cast<int>(row));
        for (int u = 0; u < signal.width(); ++u) {
            const float late = fraction * out[u];
            out[u] += (1.0F - decay) * held[u] - late;
            held[u] = decay * held[u] + late;
        }
    });
}

}  // namespace drr
