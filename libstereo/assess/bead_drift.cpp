#include "series.hpp"

#include <drr/core/error.hpp>

#include <fmt/format.h>

#include <cstddef>

namespace stereo {
namespace {

// What all sightings of one bead in one view add up to.
struct Bead {
    double information = 0.0;
    Eigen::Vector2d weighted = Eigen::Vector2d::Zero();
    int sightings = 0;
};

double information_of(const Observation& item) {
    return 1.0 / (item.sd_px * item.sd_px);
}

class Beads {
  public:
    explicit Beads(const Observations& observations)
        : views_(static_cast<std::size_t>(observations.view_count)),
          beads_(views_ * observations.markers_in_phantom_mm.size()) {
        for (const auto& item : observations.items) {
            Bead& bead = beads_[index(item)];
            bead.information += information_of(item);
            bead.weighted += information_of(item) * item.pixel;
            ++bead.sightings;
        }
    }
    [[nodiscard]] const Bead& of(const Observation& item) const { return beads_[index(item)]; }
    [[nodiscard]] int seen_twice() const {
        int count = 0;
        for (const auto& bead : beads_)
            count += bead.sightings > 1 ? 1 : 0;
        return count;
    }

  private:
    [[nodiscard]] std::size_t index(const Observation& item) const {
        return static_cast<std::size_t>(item.marker) * views_ + static_cast<std::size_t>(item.view);
    }
    std::size_t views_;
    std::vector<Bead> beads_;
};

// The shift of each view's image on each occasion: the mean over the beads that every occasion
// shows, each with one weight throughout, so that occasions are independent of each other.
std::vector<SeriesMember> image_shifts(const Observations& observations, const Beads& beads) {
    const auto rows = static_cast<Eigen::Index>(2 * observations.view_count);
    Eigen::VectorXd weights = Eigen::VectorXd::Zero(rows);
    std::vector<SeriesMember> shifts(static_cast<std::size_t>(observations.pose_count));
    for (auto& shift : shifts)
        shift = {Eigen::VectorXd::Zero(rows), Eigen::MatrixXd::Zero(rows, rows)};
    for (const auto& item : observations.items) {
        const Bead& bead = beads.of(item);
        if (bead.sightings < observations.pose_count) continue;
        const Eigen::Index row = 2 * item.view;
        SeriesMember& shift = shifts[static_cast<std::size_t>(item.pose)];
        shift.values.segment<2>(row) +=
            bead.information * (item.pixel - bead.weighted / bead.information);
        shift.covariance.diagonal().segment<2>(row).array() +=
            bead.information * bead.information / information_of(item);
        if (item.pose == 0) weights.segment<2>(row).array() += bead.information;
    }
    drr::require((weights.array() > 0.0).all(),
                 "every view needs a bead that is seen on all occasions");
    for (auto& shift : shifts) {
        shift.values = shift.values.cwiseQuotient(weights);
        shift.covariance.diagonal() =
            shift.covariance.diagonal().cwiseQuotient(weights.cwiseAbs2()).eval();
    }
    return shifts;
}

}  // namespace

Drift bead_drift(const Observations& observations, std::span<const double> times) {
    observations.validate();
    const auto occasions = static_cast<std::size_t>(observations.pose_count);
    const std::vector<double> at = checked_times(times, occasions);
    const Beads beads(observations);
    std::vector<std::string> names;
    for (int view = 0; view < observations.view_count; ++view)
        for (const char axis : {'u', 'v'})
            names.push_back(fmt::format("view{}.shift_{}_px", view, axis));
    Drift drift = drift_of_series(names, image_shifts(observations, beads), at);

    // Every pixel: against the bead's sightings on the other occasions, and about their mean.
    std::vector<double> apart(occasions, 0.0);
    std::vector<int> numbers(occasions, 0);
    double about_mean = 0.0;
    int sightings = 0;
    for (const auto& item : observations.items) {
        const Bead& bead = beads.of(item);
        if (bead.sightings < 2) continue;
        const auto occasion = static_cast<std::size_t>(item.pose);
        const double own = information_of(item);
        const double others = bead.information - own;
        const Eigen::Vector2d from_others =
            item.pixel - (bead.weighted - own * item.pixel) / others;
        apart[occasion] += from_others.squaredNorm() / (1.0 / own + 1.0 / others);
        numbers[occasion] += 2;
        about_mean += own * (item.pixel - bead.weighted / bead.information).squaredNorm();
        ++sightings;
    }
    for (std::size_t i = 0; i < occasions; ++i)
        drift.items[i].significance = significance_of(apart[i], numbers[i]);
    drift.stable = significance_of(about_mean, 2 * (sightings - beads.seen_twice()));
    drift.summary = summary_of(drift);
    return drift;
}

}  // namespace stereo
