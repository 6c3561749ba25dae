#include "fit_report.hpp"

#include "background_field.hpp"
#include "likelihood_spread.hpp"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace stereo {
namespace {

// Spacing of the field's bumps. A common blur of 0.6 px leaves little that is finer than three
// times that; under large beads coarser ones keep the number of bumps below a hundred.
constexpr double finest_structure_px = 1.8;
constexpr double bumps_to_rim = 4.5;
// Centres less certain than that are so by more than the curvature of chi-square tells.
constexpr double faint_sd_radii = 0.05;
// What no residual tells: neighbouring pixels of a sharp edge err together, by this much of the
// place of an edge that jumps within a part of a pixel. Errors of opaque balls of 3 to 12 px
// without noise are then 0.5 to 1.3 of the claims (else 1.8 to 3.0).
constexpr double sharp_edge_sd_px = 0.0015;

/// Normal equations of the two components of a bead's ellipticity.
class Roundness {
  public:
    /// `by_center` is the pixel's derivative by the bead's centre, `from_center` its place.
    void add(const Eigen::Vector2d& by_center, const Eigen::Vector2d& from_center,
             double residual) {
        // Stretching by 1 + e along x and 1 - e along y moves a point by e (x, -y).
        const double c = by_center.x() * from_center.x() - by_center.y() * from_center.y();
        const double s = by_center.x() * from_center.y() + by_center.y() * from_center.x();
        cc_ += c * c;
        cs_ += c * s;
        ss_ += s * s;
        c_ += c * residual;
        s_ += s * residual;
    }
    void describe(double chi2_per_dof, FittedBead& bead) const {
        const double determinant = cc_ * ss_ - cs_ * cs_;
        if (!(determinant > 1e-12 * cc_ * ss_)) return;
        const double c = (ss_ * c_ - cs_ * s_) / determinant;
        const double s = (cc_ * s_ - cs_ * c_) / determinant;
        bead.ellipticity = std::hypot(c, s);
        bead.ellipticity_sd = std::sqrt(chi2_per_dof * 0.5 * (cc_ + ss_) / determinant);
        const double angle = 0.5 * std::atan2(s, c);
        bead.long_axis = {std::cos(angle), std::sin(angle)};
    }

  private:
    double cc_ = 0.0, cs_ = 0.0, ss_ = 0.0, c_ = 0.0, s_ = 0.0;
};

/// Inverse of the normal equations, those of the priors among them.
Eigen::MatrixXd inverse_of(const Eigen::MatrixXd& normal) {
    return normal.ldlt().solve(Eigen::MatrixXd::Identity(normal.rows(), normal.cols()));
}

FittedPixels fitted_pixels(const ShadowFit& fit) {
    const FitWindow& window = fit.window();
    // The Jacobian may have columns of a higher order that was tried.
    FittedPixels result{
        fit.model().jacobian().leftCols(fit.size()), fit.model().residuals(), {}, {}, {}};
    result.normal = fit.normal().hessian.selfadjointView<Eigen::Lower>();
    result.inverse = inverse_of(result.normal);
    result.place.resize(static_cast<Eigen::Index>(window.count), 2);
    for (std::size_t i = 0; i < window.count; ++i)
        result.place.row(static_cast<Eigen::Index>(i)) << static_cast<int>(window.x[i]),
            static_cast<int>(window.y[i]);
    return result;
}

/// Variance of a centre along one axis from how its model errs at a sharp edge, which turns through
/// all directions.
double variance_by_edge(const ShadowFit& fit, const BeadShadow& shadow) {
    const int parts = fit.at().parts.along;
    if (parts == 1) return 0.0;
    // Half a chord so far within the edge is sqrt(2 r / parts). What the parts resolve of the jump
    // they have right, and errors fall with its square or faster.
    const double jump =
        1.0 - std::exp(-shadow.attenuation * std::sqrt(2.0 / (parts * shadow.radius_px)));
    const double edge_sd_px = sharp_edge_sd_px * jump * jump;
    return edge_sd_px * edge_sd_px / (std::numbers::pi * shadow.radius_px);
}

/// What the beads let through over the noise; 0 where a pixel has no say.
Eigen::VectorXd seen_through(const ShadowFit& fit) {
    const FitWindow& window = fit.window();
    Eigen::VectorXd model(static_cast<Eigen::Index>(window.count));
    for (std::size_t i = 0; i < window.count; ++i) {
        const double residual = fit.model().residuals()[static_cast<Eigen::Index>(i)];
        const bool no_say = window.saturated[i] != 0.0 && residual == 0.0;
        model[static_cast<Eigen::Index>(i)] =
            no_say ? 0.0 : window.root_weight[i] * (window.grey[i] - fit.at().veil) - residual;
    }
    return model;
}

}  // namespace

BeadFit report(const ShadowFit& fit) {
    const ShadowParameters& at = fit.at();
    const GreyNoise& noise = fit.options().noise;
    const auto jacobian = fit.model().jacobian();
    const auto residuals = fit.model().residuals();
    const FitWindow& window = fit.window();
    const int free = window.free;
    BeadFit result;
    result.converged = true;
    result.chi2_per_dof = residuals.squaredNorm() / std::max(1, free - fit.size());
    std::array<Roundness, max_joint_beads> roundness;
    double square = 0.0;
    double expected = 0.0;
    for (std::size_t i = 0; i < window.count; ++i) {
        if (window.saturated[i] != 0.0) continue;
        const auto row = static_cast<Eigen::Index>(i);
        const double residual = residuals[row] / window.root_weight[i];
        square += residual * residual;
        expected += noise.variance(window.grey[i] - residual);
        for (std::size_t b = 0; b < fit.layout().beads; ++b)
            roundness[b].add(
                jacobian.block<1, 2>(row, ParameterLayout::first_of_bead(b)).transpose(),
                window.place(i) - at.beads[b].center_px, residuals[row]);
    }
    result.residual_rms = std::sqrt(square / std::max(1, free));
    result.expected_noise = std::sqrt(expected / std::max(1, free));
    result.background =
        at.veil + at.background_at(at.beads[0].center_px.x(), at.beads[0].center_px.y());
    result.veil_share = at.veil / result.background;
    result.background_order = at.order;
    result.blur_px = at.blur;
    result.pixels = free;
    result.saturated_pixels = static_cast<int>(window.count) - free;
    const Eigen::MatrixXd inverse =
        inverse_of(fit.normal().hessian.selfadjointView<Eigen::Lower>());
    for (std::size_t b = 0; b < fit.layout().beads; ++b) {
        const int k = ParameterLayout::first_of_bead(b);
        FittedBead bead;
        bead.shadow = at.beads[b];
        bead.shadow.center_px += fit.origin();
        bead.sd_if_white_px =
            std::sqrt(0.5 * result.chi2_per_dof * inverse.block<2, 2>(k, k).trace());
        bead.contrast = (1.0 - result.veil_share) * fit.model().depth(b);
        roundness[b].describe(result.chi2_per_dof, bead);
        result.beads.push_back(bead);
    }
    return result;
}

void take_field_in(const ShadowFit& fit, BeadFit& result) {
    const FittedPixels pixels = fitted_pixels(fit);
    const NoiseCorrelation& correlation = fit.options().noise.correlation;
    const double spacing = fit.options().background_field
                               ? std::max(finest_structure_px, fit.window().reach_px / bumps_to_rim)
                               : std::numeric_limits<double>::infinity();  // no bumps
    const BackgroundField field(pixels, seen_through(fit), fit.normal(), spacing,
                                correlation.low_frequency_power());
    result.plain_background = result.background_order == 2 && !field.exists();
    for (std::size_t b = 0; b < fit.layout().beads; ++b) {
        FittedBead& bead = result.beads[b];
        const BackgroundField::Effect effect = field.on(ParameterLayout::first_of_bead(b));
        bead.shadow.center_px += effect.step.head<2>();
        if (!fit.options().claims) continue;
        const Eigen::Matrix3d covariance = field.covariance(effect, correlation);
        bead.covariance_px2 = covariance.topLeftCorner<2, 2>();
        bead.radius_sd_px = bead.shadow.radius_px * std::sqrt(covariance(2, 2));
        if (bead.sd_if_white_px > faint_sd_radii * bead.shadow.radius_px)
            bead.covariance_px2 *= spread_over_curvature(fit, pixels.inverse, b);
        bead.covariance_px2.diagonal().array() += variance_by_edge(fit, bead.shadow);
    }
}

}  // namespace stereo
