#include "bundle.hpp"
#include "procedures.hpp"

#include <drr/core/error.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace stereo {
namespace {

constexpr std::array procedures{
    std::pair(Procedure::dlt, "dlt"), std::pair(Procedure::opencv, "opencv"),
    std::pair(Procedure::resection, "resection"), std::pair(Procedure::bundle, "bundle"),
    std::pair(Procedure::bundle_phantom, "bundle-phantom")};

}  // namespace

const char* name_of(Procedure procedure) {
    for (const auto& [known, name] : procedures)
        if (known == procedure) return name;
    throw drr::Error(drr::ErrorCode::internal, "a procedure without a name");
}

Procedure procedure_of(const std::string& name) {
    std::string list;
    for (const auto& [procedure, known] : procedures) {
        if (name == known) return procedure;
        list += fmt::format("{}{}", list.empty() ? "" : ", ", known);
    }
    throw drr::Error(drr::ErrorCode::usage,
                     fmt::format("unknown procedure '{}', expected one of {}", name, list));
}

void CalibrationOptions::validate(int view_count, int marker_count) const {
    const auto is_view = [&](int view) { return view >= 0 && view < view_count; };
    const auto is_marker = [&](int marker) { return marker >= 0 && marker < marker_count; };
    drr::require(outlier_sigmas >= 0.0, "outlier_sigmas must not be negative");
    drr::require(loss_sigmas > 0.0, "loss_sigmas must be positive");
    drr::require(max_iterations > 0, "a calibration needs at least one iteration");
    drr::require(priors.phantom_scale_sd >= 0.0, "phantom_scale_sd must not be negative");
    drr::require(priors.placement_sd_mm > 0.0, "placement_sd_mm must be positive");
    for (const auto& prior : priors.focal_lengths)
        drr::require(is_view(prior.view) && prior.focal_length_px > 0.0 && prior.sd_px > 0.0,
                     "a focal length prior needs a view, a positive value and standard deviation");
    for (const auto& prior : priors.principal_points)
        drr::require(
            is_view(prior.view) && prior.principal_point_px.allFinite() && prior.sd_px > 0.0,
            "a principal point prior needs a view and a positive standard deviation");
    for (const auto& prior : priors.stereo_angles)
        drr::require(is_view(prior.view_a) && is_view(prior.view_b) &&
                         prior.view_a != prior.view_b && prior.sd_rad > 0.0,
                     "a stereo angle prior needs two views and a positive standard deviation");
    for (const auto& measured : priors.distances)
        drr::require(is_marker(measured.marker_a) && is_marker(measured.marker_b) &&
                         measured.marker_a != measured.marker_b && measured.distance_mm > 0.0 &&
                         measured.sd_mm > 0.0,
                     "a measured distance needs two markers, a positive length and standard "
                     "deviation");
}

Calibration calibrate(Procedure procedure, const Observations& observations,
                      const CalibrationOptions& options) {
    observations.validate();
    options.validate(observations.view_count,
                     static_cast<int>(observations.markers_in_phantom_mm.size()));
    drr::require(observations.wand.beads_mm.empty() || procedure == Procedure::bundle ||
                     procedure == Procedure::bundle_phantom,
                 "a wand needs the procedure bundle or bundle-phantom");
    switch (procedure) {
        case Procedure::dlt:
            return calibrate_dlt(observations, options);
        case Procedure::opencv:
            return calibrate_opencv(observations, options);
        case Procedure::resection:
            return calibrate_resection(observations, options);
        case Procedure::bundle:
            return bundle(observations, options, false);
        case Procedure::bundle_phantom:
            return bundle(observations, options, true);
    }
    throw drr::Error(drr::ErrorCode::internal, "a procedure that nobody carries out");
}

}  // namespace stereo
