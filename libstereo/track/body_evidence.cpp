#include "body_evidence.hpp"

#include <algorithm>
#include <numeric>

namespace stereo {
namespace {

// A body's beads must be seen with certainty, together, in this part of what was possible.
constexpr double least_body_share = 0.4;
constexpr double least_certain_share = 2.0 / 3.0;

double sum(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

bool BodyEvidence::supports_body() const {
    const double possible = 2.0 * static_cast<double>(points.size()) * frames;
    return frames >= 2.0 && certain_sightings >= least_body_share * possible;
}

bool BodyEvidence::is_certain() const {
    return sum(certain_points) >= least_certain_share * sum(points);
}

bool BodyEvidence::supports_bead(std::size_t bead) const {
    return points[bead] >= 2.0 && certain_points[bead] >= std::max(1.0, least_bead_share * frames);
}

BodyEvidence body_evidence(const std::vector<std::optional<BodyInFrame>>& frames,
                           std::size_t beads) {
    BodyEvidence evidence;
    evidence.points.assign(beads, 0.0);
    evidence.certain_points.assign(beads, 0.0);
    for (const auto& frame : frames) {
        if (!frame) continue;
        evidence.frames += 1.0;
        for (std::size_t bead = 0; bead < beads; ++bead) {
            const BeadSample& sample = frame->samples[bead];
            if (sample.seen(0) && sample.seen(1)) evidence.points[bead] += 1.0;
            if (sample.certain(0) && sample.certain(1)) evidence.certain_points[bead] += 1.0;
            for (std::size_t view = 0; view < 2; ++view)
                if (sample.certain(view)) evidence.certain_sightings += 1.0;
        }
    }
    return evidence;
}

}  // namespace stereo
