#pragma once

#include <drr/core/image.hpp>

namespace drr {

/// Signal that comes late: of each frame's signal the share `fraction` is held back, and from frame
/// to frame `decay` of what is held stays held while the rest is read out. The answer to one bright
/// frame is 1 - fraction, then fraction (1 - decay) decay^(k - 1) in the k-th frame after it, in
/// all 1 (one exponential of the model of Hsieh, Gurmen and King, Proc. SPIE 3977 (2000) 39;
/// Siewerdsen and Jaffray, Med. Phys. 26 (1999) 1624, measured first-frame lags of 2 to 10 %).
struct Lag {
    double fraction = 0.0;
    double decay = 0.0;

    /// Throws Error(usage) unless fraction lies in [0, 1] and decay in [0, 1).
    void validate() const;
};

/// What a detector holds between the frames of a sequence. Empty before the first frame, whose
/// scene is taken to have stood still until then.
struct LagState {
    Image<float> held;
};

/// Turns the signal of the next frame into what is read out. Throws Error(usage) when frames differ
/// in size.
void apply_lag(Image<float>& signal, const Lag& lag, LagState& state);

}  // namespace drr
