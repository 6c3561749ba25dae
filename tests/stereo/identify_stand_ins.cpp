#include "identify_stand_ins.hpp"

#include "cholesky.hpp"

#include <algorithm>
#include <cmath>

namespace test {

StandIns::StandIns(const IdentifyCase& c)
    : case_(c), knowledge_(stereo::nominal_knowledge(c.nominal, c.options)) {
    const double sd_mm = c.options.as_built_sd_mm;
    for (const auto& marker_mm : c.design.all_mm())
        places_.push_back({marker_mm, sd_mm * sd_mm * Eigen::Matrix3d::Identity()});
    for (std::size_t v = 0; v < c.nominal.size(); ++v) {
        nominal_.push_back(c.nominal[v].pinhole);
        relations_.view_from_first.push_back(c.view_from_phantom[v] *
                                             c.view_from_phantom[0].inverse());
        relations_.log_focal.push_back(std::log(c.true_pinholes[v].fx_px / nominal_[v].fx_px));
        for (std::size_t blob = 0; blob < c.truth[v].size(); ++blob)
            if (c.truth[v][blob].size() == 1)
                sightings_.push_back(
                    sighting(v, blob, static_cast<std::size_t>(c.truth[v][blob][0])));
    }
}

stereo::Sighting StandIns::sighting(std::size_t view, std::size_t blob, std::size_t marker) const {
    return {marker, 0, view, blob, case_.blobs[view].centers_px[blob], case_.options.blob_sd_px};
}

bool StandIns::add(std::size_t view, std::size_t blob, std::size_t marker) {
    constexpr int least = 3;
    if (std::count_if(sightings_.begin(), sightings_.end(),
                      [&](const auto& s) { return s.view == view; }) < least)
        return false;
    std::vector<stereo::Sighting> others = sightings_;
    std::erase_if(others, [&](const auto& s) { return s.marker == marker; });
    const stereo::JointFit fit = stereo::fit_jointly(others, places_, nominal_, knowledge_.rig,
                                                     relations_, {case_.view_from_phantom[0]});
    const stereo::MarkerPlace& place = places_[marker];
    const auto image = stereo::image_of(place.mean_mm, fit.relations, fit.first_from_phantom,
                                        nominal_[view], 0, view);
    if (!std::isfinite(fit.log_likelihood) || !image) return false;
    const stereo::Sighting there = sighting(view, blob, marker);
    const Eigen::Matrix2d covariance =
        image->jacobian * fit.covariance * image->jacobian.transpose() +
        image->px_per_mm * place.covariance_mm2 * image->px_per_mm.transpose() +
        there.sd_px * there.sd_px * Eigen::Matrix2d::Identity();
    if (!(stereo::Whitening(covariance).square(there.pixel - image->pixel) <
          std::pow(case_.options.gate_sd, 2)))
        return false;
    sightings_.push_back(there);
    return true;
}

}  // namespace test
