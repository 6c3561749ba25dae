#include <drr/core/error.hpp>
#include <stereo/recon/reconstruction_error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

PointSetError error_of(std::span<const Eigen::Vector3d> residuals_mm) {
    PointSetError error;
    const auto n = static_cast<double>(residuals_mm.size());
    Eigen::Vector3d squares = Eigen::Vector3d::Zero();
    for (const Eigen::Vector3d& residual : residuals_mm) {
        error.mean_mm += residual / n;
        squares += residual.cwiseAbs2() / n;
        error.max_length_mm = std::max(error.max_length_mm, residual.norm());
    }
    error.rms_mm = squares.cwiseSqrt();
    error.rms_length_mm = std::sqrt(squares.sum());
    return error;
}

std::vector<Eigen::Vector3d> residuals_after(const RigidFit& fit,
                                             std::span<const Eigen::Vector3d> found_mm,
                                             std::span<const Eigen::Vector3d> true_mm) {
    std::vector<Eigen::Vector3d> residuals_mm;
    for (std::size_t i = 0; i < found_mm.size(); ++i)
        residuals_mm.emplace_back(fit.scale * (fit.to_from_from.rotation * found_mm[i]) +
                                  fit.to_from_from.translation_mm - true_mm[i]);
    return residuals_mm;
}

}  // namespace

ReconstructionError reconstruction_error(std::span<const Eigen::Vector3d> found_mm,
                                         std::span<const Eigen::Vector3d> true_mm) {
    drr::require(found_mm.size() == true_mm.size(), "errors need the truth of each point");
    ReconstructionError error;
    for (std::size_t i = 0; i < found_mm.size(); ++i)
        error.residuals_mm.emplace_back(found_mm[i] - true_mm[i]);
    if (!found_mm.empty()) error.absolute = error_of(error.residuals_mm);
    error.rigid = fit_rigid(found_mm, true_mm);
    error.similarity = fit_rigid(found_mm, true_mm, {.with_scale = true});
    error.ok = error.rigid.ok && error.similarity.ok;
    if (!error.ok) {
        error.summary = fmt::format("{} points do not determine a motion", found_mm.size());
        return error;
    }
    error.residuals_after_rigid_mm = residuals_after(error.rigid, found_mm, true_mm);
    error.after_rigid = error_of(error.residuals_after_rigid_mm);
    error.after_similarity = error_of(residuals_after(error.similarity, found_mm, true_mm));
    error.summary = fmt::format(
        "RMS {:.4f} mm as it stands, {:.4f} mm after a rigid motion, {:.4f} mm after a similarity "
        "(scale {:.6f} +- {:.6f})",
        error.absolute.rms_length_mm, error.after_rigid.rms_length_mm,
        error.after_similarity.rms_length_mm, error.similarity.scale, error.similarity.scale_sd);
    return error;
}

}  // namespace stereo
