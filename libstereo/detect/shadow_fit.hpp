#pragma once

#include "shadow_model.hpp"

namespace stereo {

/// A fit under way: pixels, parameters and the normal equations there.
class ShadowFit {
  public:
    /// The references have to outlive the fit.
    ShadowFit(const drr::Image<float>& image, const std::vector<BeadShadow>& start,
              const BeadFitOptions& options, const std::vector<Disc>& excluded);

    /// Takes the pixels in reach of the present parameters, and the weights that belong to those.
    /// False where the pixels cannot determine the fit.
    bool prepare(FitReach reach);
    /// Levenberg-Marquardt from the present parameters, until a step promises to move nothing by
    /// more than this part of its standard deviation; whether it converged. Needs prepare().
    bool minimize(double tolerance_sd);
    /// By how much one Gauss-Newton step promises to lower chi-square, by the background's order.
    using Promises = std::array<double, highest_background + 1>;
    /// For the orders from the present to the `highest` one.
    [[nodiscard]] Promises promises(int highest);
    /// Another order from the present parameters: minimizes, and goes back where that fails.
    bool minimize_with_order(int order);
    /// What the fit minimizes where a step from the present parameters leads; without bound where
    /// the fit may not go.
    [[nodiscard]] double cost_after(const ParameterVector& step);
    /// Back to the starting values, with a level background.
    void restart();

    [[nodiscard]] const ShadowParameters& at() const { return at_; }
    [[nodiscard]] const ParameterLayout& layout() const { return model_.layout(); }
    [[nodiscard]] int size() const { return layout().size(at_.order); }
    [[nodiscard]] const ShadowModel& model() const { return model_; }
    [[nodiscard]] const FitWindow& window() const { return window_; }
    [[nodiscard]] const NormalEquations& normal() const { return normal_; }
    [[nodiscard]] const BeadFitOptions& options() const { return options_; }
    [[nodiscard]] const Eigen::Vector2d& origin() const { return origin_; }

  private:
    void evaluate(const ShadowParameters& p, NormalEquations& result);
    [[nodiscard]] ShadowParameters moved(const ShadowParameters& p,
                                         const ParameterVector& step) const;
    [[nodiscard]] bool near_start(const ShadowParameters& p) const;
    [[nodiscard]] bool hopeless(const ShadowParameters& p) const;
    [[nodiscard]] std::span<const BeadShadow> beads() const {
        return {at_.beads.data(), layout().beads};
    }

    const drr::Image<float>& image_;
    const BeadFitOptions& options_;
    const std::vector<Disc>& excluded_;
    Eigen::Vector2d origin_;
    ShadowParameters start_;
    ShadowParameters at_;
    ShadowModel model_;
    FitWindow window_;
    double background_level_ = 0.0;  // 0 until the first prepare()
    NormalEquations normal_;         // at at_
    NormalEquations trial_;
};

}  // namespace stereo
