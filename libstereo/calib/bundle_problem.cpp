#include "bundle_problem.hpp"

#include "marker_rows.hpp"

#include <drr/core/order_statistics.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace stereo {

void BundleProblem::linearize(const BundleState& at, const std::vector<ImageObservations>& images,
                              NormalEquations& equations) const {
    equations.reset(layout);
    MarkerRows rows;
    for (const auto& image : images) {
        add_image(observations, image, at, layout, options, rows, equations);
        if (!equations.valid) return;
    }
    add_priors(observations, at, layout, options.priors, equations);
}

std::vector<Eigen::Vector2d> BundleProblem::residuals_px() const {
    // By matrices, which turn many markers faster than quaternions do.
    std::vector<drr::Matrix34d> view_from_phantom;
    for (const drr::Rigid3& world_from_phantom : state.world_from_phantom)
        for (const drr::CalibratedView& view : state.views)
            view_from_phantom.push_back((view.view_from_world * world_from_phantom).matrix34());
    std::vector<Eigen::Vector2d> residuals;
    residuals.reserve(observations.items.size());
    for (const Observation& item : observations.items) {
        const auto view = static_cast<std::size_t>(item.view);
        const auto image = static_cast<std::size_t>(item.pose) * state.views.size() + view;
        const Eigen::Vector3d in_view =
            view_from_phantom[image] * state.marker_mm(observations, item.marker).homogeneous();
        residuals.emplace_back(item.pixel - state.views[view].pinhole.project(in_view));
    }
    return residuals;
}

BundleProblem::Minimum BundleProblem::minimize() {
    // A step is small when it promises less than this share of one degree of freedom's cost: it
    // moves no parameter by more than 1e-5 standard deviations.
    constexpr double small_step = 1e-10;
    // Below this the residuals are rounding, 1e-10 of their standard deviation.
    constexpr double no_noise = 1e-20;
    constexpr double first_damping = 1e-6;
    constexpr double most_damping = 1e10;

    Minimum result;
    const auto images = by_image(observations, used);
    double count = 0.0;
    for (const auto& image : images)
        count += 2.0 * static_cast<double>(image.items.size());
    NormalEquations here;
    NormalEquations there;
    linearize(state, images, here);
    if (!here.valid) return result;
    double damping = first_damping;
    while (result.iterations < options.max_iterations && damping < most_damping) {
        ++result.iterations;
        const Eigen::VectorXd step = here.step(damping);
        if (step.size() == 0) {
            damping *= 10.0;
            continue;
        }
        const double promised = -step.dot(here.gradient());
        const double noise = here.cost / count;
        if (promised <= small_step * noise || noise < no_noise) {
            result.converged = true;
            return result;
        }
        BundleState trial = moved(state, layout.parameters, step);
        linearize(trial, images, there);
        if (there.valid && there.cost <= here.cost) {
            state = std::move(trial);
            std::swap(here, there);
            damping = std::max(0.1 * damping, 1e-12);
        } else {
            damping *= 10.0;
        }
    }
    // No damped step lowers the cost: a minimum to rounding.
    result.converged = damping >= most_damping;
    return result;
}

bool BundleProblem::reject_outliers() {
    std::vector<double> lengths(used.size());
    std::vector<double> of_known;
    const std::vector<Eigen::Vector2d> residuals = residuals_px();
    for (std::size_t i = 0; i < used.size(); ++i) {
        const Observation& item = observations.items[i];
        if (!pose_known[static_cast<std::size_t>(item.pose)]) continue;
        lengths[i] = residuals[i].norm() / item.sd_px;
        of_known.push_back(lengths[i]);
    }
    if (of_known.empty()) return false;
    // The median length of a 2D Gaussian residual is 1.1774 standard deviations. The floor is
    // rounding: without noise nothing is an outlier.
    const double limit =
        std::max(options.outlier_sigmas * drr::median(std::move(of_known)) / 1.1774, 1e-6);
    bool changed = false;
    for (std::size_t i = 0; i < used.size(); ++i) {
        const bool within =
            pose_known[static_cast<std::size_t>(observations.items[i].pose)] && lengths[i] <= limit;
        changed = changed || within != used[i];
        used[i] = within;
    }
    return changed;
}

}  // namespace stereo
