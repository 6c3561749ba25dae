#pragma once

#include "fit_window.hpp"
#include "shadow_pixels.hpp"

#include <stereo/detect/shadow_profile.hpp>
#include <stereo/detect/subpixel.hpp>

#include <Eigen/Core>

#include <array>
#include <vector>

namespace stereo {

static_assert(max_joint_beads <= most_shadows);

inline constexpr int max_parameters =
    coefficients(highest_background) + 2 + bead_parameters * static_cast<int>(max_joint_beads);
// Their storage is on the stack: a step of the fit allocates nothing.
using ParameterVector = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, max_parameters, 1>;
using ParameterMatrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, max_parameters, max_parameters>;

/// Beads over a background.
struct ShadowParameters {
    std::array<BeadShadow, max_joint_beads> beads;  ///< centres from the origin of the fit
    double blur = 0.0;
    PixelParts parts{};  ///< of a pixel that see the shadows
    double veil = 0.0;   ///< grey that the beads do not shade: scatter and glare
    int order = 2;       ///< of the background, a polynomial in (x, y) / unit
    double unit_px = 1.0;
    Eigen::Matrix<double, coefficients(highest_background), 1> background =
        Eigen::Matrix<double, coefficients(highest_background), 1>::Zero();

    [[nodiscard]] double background_at(double x, double y) const;
    /// The same background in another unit of length.
    void rescale(double new_unit_px);
};

/// Where the parameters stand in vectors: those of each bead, the blur and the veil where they are
/// fitted, the background.
struct ParameterLayout {
    std::size_t beads = 1;
    bool fit_blur = false;
    bool fit_veil = false;

    static int first_of_bead(std::size_t j) { return bead_parameters * static_cast<int>(j); }
    [[nodiscard]] int blur() const { return first_of_bead(beads); }
    [[nodiscard]] int veil() const { return blur() + (fit_blur ? 1 : 0); }
    [[nodiscard]] int first_of_background() const { return veil() + (fit_veil ? 1 : 0); }
    [[nodiscard]] int size(int order) const { return first_of_background() + coefficients(order); }
};

/// Weighted least squares at one set of parameters.
struct NormalEquations {
    ParameterMatrix hessian;  ///< its lower half
    ParameterVector gradient;
    double cost = 0.0;
};

/// The grey values of beads over a background,
///     grey = V + B(x + b^2 grad ln T) T,   T = prod_j (1 - P_j) + cross terms,
/// each factor blurred, V the veil. A product's blur is not the product of the blurs: for a
/// Gaussian of standard deviation b and blurred factors F, G it is F G + b^2 grad F . grad G +
/// b^4/2 (grad grad F) : (grad grad G) + ... Kept are both terms between pairs of beads and the
/// first one between beads and background, written as a shift of the place where the background is
/// seen.
class ShadowModel {
  public:
    explicit ShadowModel(const ParameterLayout& layout) : layout_(layout) {}

    [[nodiscard]] const ParameterLayout& layout() const { return layout_; }

    /// Gives each pixel the weight that the noise has at the model's grey.
    void weigh(const ShadowParameters& p, const GreyNoise& noise, FitWindow& window);

    /// Residuals and derivatives, each divided by the pixel's noise, and their normal equations. A
    /// saturated pixel bounds the model from below only.
    void evaluate(const ShadowParameters& p, const FitWindow& window, NormalEquations& result);

    using Jacobian = Eigen::Map<const Eigen::MatrixXd, 0, Eigen::OuterStride<>>;
    /// Of the last evaluation; a row a pixel, with columns of the order that was evaluated.
    [[nodiscard]] Jacobian jacobian() const;
    [[nodiscard]] Eigen::Map<const Eigen::VectorXd> residuals() const;

    /// Depth of the j-th bead's blurred shadow at its centre, as last evaluated.
    [[nodiscard]] double depth(std::size_t j) const { return profiles_[j].at(0.0).value; }

  private:
    void tabulate(const ShadowParameters& p);
    [[nodiscard]] ShadowScene scene(const ShadowParameters& p);

    ParameterLayout layout_;
    std::array<ShadowProfile, max_joint_beads> profiles_;  // of the parameters in tabulated_
    std::array<std::array<double, 3>, max_joint_beads> tabulated_{};
    std::array<ShadowScene::Shadow, max_joint_beads> shadows_;  // of the last scene
    // Of the last evaluation: residuals and derivatives, a column each.
    std::vector<double> columns_;
    std::size_t stride_ = 0;
    Eigen::Index pixels_ = 0;
    Eigen::Index parameters_ = 0;
};

}  // namespace stereo
