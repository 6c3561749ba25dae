#include "joint_fit.hpp"

#include "cholesky.hpp"
#include "pose_and_focal.hpp"

#include <drr/geometry/decompositions.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace stereo {
namespace {

struct State {
    ViewRelations relations;
    std::vector<drr::Rigid3> first_from_phantom;
};

// Of view v's seven parameters in the relations; the first view has the last of them only.
Eigen::Index focal_index(std::size_t view) {
    return 7 * static_cast<Eigen::Index>(view);
}
Eigen::Index turn_index(std::size_t view) {
    return focal_index(view) - 6;
}

Eigen::VectorXd offset(const ViewRelations& relations, const ViewRelations& mean) {
    Eigen::VectorXd e(relations.parameter_count());
    for (std::size_t v = 0; v < relations.log_focal.size(); ++v) {
        e[focal_index(v)] = relations.log_focal[v] - mean.log_focal[v];
        if (v == 0) continue;
        const drr::Rigid3& is = relations.view_from_first[v];
        const drr::Rigid3& was = mean.view_from_first[v];
        e.segment<3>(turn_index(v)) =
            drr::vector_from_rotation(is.rotation * was.rotation.conjugate());
        e.segment<3>(turn_index(v) + 3) = is.translation_mm - was.translation_mm;
    }
    return e;
}

drr::Rigid3 moved(const drr::Rigid3& motion, const Eigen::Vector3d& turn,
                  const Eigen::Vector3d& shift) {
    return {(drr::rotation_from_vector(turn) * motion.rotation).normalized(),
            motion.translation_mm + shift};
}

State stepped(const State& state, const Eigen::VectorXd& step) {
    State next = state;
    for (std::size_t v = 0; v < next.relations.log_focal.size(); ++v) {
        next.relations.log_focal[v] += step[focal_index(v)];
        if (v > 0)
            next.relations.view_from_first[v] =
                moved(next.relations.view_from_first[v], step.segment<3>(turn_index(v)),
                      step.segment<3>(turn_index(v) + 3));
    }
    Eigen::Index at = next.relations.parameter_count();
    for (auto& pose : next.first_from_phantom) {
        pose = moved(pose, step.segment<3>(at), step.segment<3>(at + 3));
        at += 6;
    }
    return next;
}

class Problem {
  public:
    Problem(std::span<const Sighting> sightings, std::span<const MarkerPlace> places,
            std::span<const drr::Pinhole> nominal, const RigKnowledge& knowledge)
        : places_(places), nominal_(nominal), knowledge_(knowledge) {
        std::vector<Sighting> sorted(sightings.begin(), sightings.end());
        std::stable_sort(sorted.begin(), sorted.end(),
                         [](const Sighting& a, const Sighting& b) { return a.marker < b.marker; });
        for (const auto& sighting : sorted) {
            if (blocks_.empty() || blocks_.back().sightings[0].marker != sighting.marker)
                blocks_.emplace_back();
            blocks_.back().sightings.push_back(sighting);
        }
    }

    // Residuals, derivatives and weights at a state; false when a marker lies behind a source.
    bool linearize(const State& state) {
        parameters_ = state.relations.parameter_count() +
                      6 * static_cast<Eigen::Index>(state.first_from_phantom.size());
        weights_.clear();
        for (auto& block : blocks_) {
            const auto rows = static_cast<Eigen::Index>(2 * block.sightings.size());
            block.residual_px.resize(rows);
            block.jacobian = Eigen::MatrixXd::Zero(rows, parameters_);
            block.px_per_mm.resize(rows, 3);
            for (std::size_t s = 0; s < block.sightings.size(); ++s)
                if (!linearize(state, block, s)) return false;
            block.covariance = block.px_per_mm * places_[block.sightings[0].marker].covariance_mm2 *
                               block.px_per_mm.transpose();
            for (Eigen::Index row = 0; row < rows; ++row)
                block.covariance(row, row) +=
                    std::pow(block.sightings[static_cast<std::size_t>(row / 2)].sd_px, 2);
            weights_.emplace_back(block.covariance);
        }
        return true;
    }

    // Half of what the damped steps lower, with the weights of the last linearization.
    [[nodiscard]] double cost(const State& state) const {
        const Eigen::VectorXd e = offset(state.relations, knowledge_.mean);
        double sum = 0.5 * e.dot(knowledge_.information * e);
        for (std::size_t b = 0; b < blocks_.size(); ++b) {
            Eigen::VectorXd residual(blocks_[b].residual_px.size());
            for (std::size_t s = 0; s < blocks_[b].sightings.size(); ++s) {
                const Sighting& sighting = blocks_[b].sightings[s];
                const Eigen::Vector3d p = in_view(state, sighting);
                if (p.z() <= 0.0) return std::numeric_limits<double>::infinity();
                residual.segment<2>(static_cast<Eigen::Index>(2 * s)) =
                    sighting.pixel - pinhole(state, sighting).project(p);
            }
            sum += 0.5 * weights_[b].square(residual);
        }
        return sum;
    }

    void normal_equations(const State& state, Eigen::MatrixXd& normal,
                          Eigen::VectorXd& gradient) const {
        const Eigen::Index relations = state.relations.parameter_count();
        normal = Eigen::MatrixXd::Zero(parameters_, parameters_);
        gradient = Eigen::VectorXd::Zero(parameters_);
        normal.topLeftCorner(relations, relations) = knowledge_.information;
        gradient.head(relations) =
            -knowledge_.information * offset(state.relations, knowledge_.mean);
        for (std::size_t b = 0; b < blocks_.size(); ++b) {
            const Eigen::MatrixXd whitened = weights_[b](blocks_[b].jacobian);
            const Eigen::VectorXd residual = weights_[b](blocks_[b].residual_px);
            normal.noalias() += whitened.transpose() * whitened;
            gradient.noalias() += whitened.transpose() * residual;
        }
    }

    // Of the sightings at the state last linearized.
    [[nodiscard]] double log_density() const {
        double sum = 0.0;
        for (std::size_t b = 0; b < blocks_.size(); ++b)
            sum += weights_[b].log_normal(blocks_[b].residual_px);
        return sum;
    }

    [[nodiscard]] std::vector<MarkerBlock>& blocks() { return blocks_; }

  private:
    [[nodiscard]] Eigen::Vector3d in_view(const State& state, const Sighting& s) const {
        return state.relations.view_from_first[s.view] *
               (state.first_from_phantom[s.pose] * places_[s.marker].mean_mm);
    }
    [[nodiscard]] drr::Pinhole pinhole(const State& state, const Sighting& s) const {
        return scaled(nominal_[s.view], state.relations.log_focal[s.view]);
    }

    bool linearize(const State& state, MarkerBlock& block, std::size_t index) const {
        const Sighting& s = block.sightings[index];
        const auto image = image_of(places_[s.marker].mean_mm, state.relations,
                                    state.first_from_phantom, nominal_[s.view], s.pose, s.view);
        if (!image) return false;
        const auto row = static_cast<Eigen::Index>(2 * index);
        block.residual_px.segment<2>(row) = s.pixel - image->pixel;
        block.px_per_mm.middleRows<2>(row) = image->px_per_mm;
        block.jacobian.middleRows<2>(row) = image->jacobian;
        return true;
    }

    std::span<const MarkerPlace> places_;
    std::span<const drr::Pinhole> nominal_;
    const RigKnowledge& knowledge_;
    Eigen::Index parameters_ = 0;
    std::vector<MarkerBlock> blocks_;
    std::vector<Whitening> weights_;  // of the blocks' covariances
};

}  // namespace

std::optional<MarkerImage> image_of(const Eigen::Vector3d& place_mm, const ViewRelations& relations,
                                    std::span<const drr::Rigid3> first_from_phantom,
                                    const drr::Pinhole& nominal, std::size_t pose,
                                    std::size_t view) {
    const drr::Rigid3& from_first = relations.view_from_first[view];
    const drr::Rigid3& from_phantom = first_from_phantom[pose];
    const drr::Pinhole lens = scaled(nominal, relations.log_focal[view]);
    const Eigen::Matrix3d turn = from_first.matrix();
    const Eigen::Matrix3d rotation = from_phantom.matrix();
    const Eigen::Vector3d turned = rotation * place_mm;
    const Eigen::Vector3d in_first = turn * (turned + from_phantom.translation_mm);
    const Eigen::Vector3d p = in_first + from_first.translation_mm;
    if (p.z() <= 0.0) return std::nullopt;
    const Eigen::Vector2d centred(lens.fx_px * p.x() / p.z(), lens.fy_px * p.y() / p.z());
    Eigen::Matrix<double, 2, 3> d_pixel;
    d_pixel << lens.fx_px / p.z(), 0.0, -centred.x() / p.z(), 0.0, lens.fy_px / p.z(),
        -centred.y() / p.z();
    const Eigen::Matrix<double, 2, 3> d_first = d_pixel * turn;
    const Eigen::Index at = relations.parameter_count() + 6 * static_cast<Eigen::Index>(pose);
    MarkerImage image{lens.project(p), d_first * rotation, {}};
    image.jacobian.setZero(
        2, relations.parameter_count() + 6 * static_cast<Eigen::Index>(first_from_phantom.size()));
    image.jacobian.col(focal_index(view)) = centred;
    if (view > 0) {
        image.jacobian.middleCols<3>(turn_index(view)) = -d_pixel * drr::cross_matrix(in_first);
        image.jacobian.middleCols<3>(turn_index(view) + 3) = d_pixel;
    }
    image.jacobian.middleCols<3>(at) = -d_first * drr::cross_matrix(turned);
    image.jacobian.middleCols<3>(at + 3) = d_first;
    return image;
}

Eigen::Matrix3d RigKnowledge::turn_covariance(std::size_t view) const {
    const Eigen::Index at = turn_index(view);
    if (!shifts_known) return information.block<3, 3>(at, at).inverse();
    return drr::inverse_of(information).block<3, 3>(at, at);
}

JointFit fit_jointly(std::span<const Sighting> sightings, std::span<const MarkerPlace> places,
                     std::span<const drr::Pinhole> nominal, const RigKnowledge& knowledge,
                     const ViewRelations& start,
                     const std::vector<drr::Rigid3>& first_from_phantom) {
    constexpr int max_iterations = 10;
    constexpr double settled = 1e-3;  // of the log-likelihood: no decision hangs on that
    Problem problem(sightings, places, nominal, knowledge);
    State state{start, first_from_phantom};
    JointFit fit{start, first_from_phantom, {}, {}, -std::numeric_limits<double>::infinity()};
    if (!problem.linearize(state)) return fit;
    Eigen::MatrixXd normal;
    Eigen::VectorXd gradient;
    problem.normal_equations(state, normal, gradient);
    double cost = problem.cost(state);
    double damping = 1e-9;  // for sightings that leave something open
    for (int iteration = 0; iteration < max_iterations; ++iteration) {
        Eigen::MatrixXd damped = normal;
        damped.diagonal() *= 1.0 + damping;
        const State trial = stepped(state, drr::solve_symmetric(damped, gradient));
        const double trial_cost = problem.cost(trial);
        if (!(trial_cost <= cost)) {
            damping = std::max(damping, 1e-5) * 10.0;
            continue;
        }
        const double gain = cost - trial_cost;
        state = trial;
        damping = std::max(damping * 0.1, 1e-9);
        problem.linearize(state);
        problem.normal_equations(state, normal, gradient);
        cost = problem.cost(state);
        if (gain <= settled) break;
    }
    normal.diagonal() *= 1.0 + 1e-9;
    SymmetricInverse inverse = invert_symmetric(normal);
    fit.relations = state.relations;
    fit.first_from_phantom = state.first_from_phantom;
    fit.covariance = std::move(inverse.inverse);
    const Eigen::VectorXd e = offset(state.relations, knowledge.mean);
    fit.log_likelihood = problem.log_density() - 0.5 * e.dot(knowledge.information * e) -
                         0.5 * inverse.log_determinant;
    fit.blocks = std::move(problem.blocks());
    return fit;
}

ReducedFit fit_without(const Eigen::MatrixXd& fit_covariance, const Eigen::VectorXd& residual_px,
                       const Eigen::MatrixXd& jacobian, const Eigen::MatrixXd& covariance) {
    // Short of 1, where the sightings alone hold a parameter of the fit.
    constexpr double largest_leverage = 1.0 - 1e-6;
    const Eigen::MatrixXd pull = jacobian * fit_covariance;
    const Eigen::MatrixXd left = covariance - largest_leverage * pull * jacobian.transpose();
    Eigen::MatrixXd right(pull.rows(), pull.cols() + 1);
    right << pull, residual_px;
    const Eigen::MatrixXd freed = pull.transpose() * drr::solve_symmetric(left, right);
    return {-freed.rightCols<1>(), fit_covariance + freed.leftCols(pull.cols())};
}

MarkerPlace place_after(const JointFit& fit, const MarkerBlock& block, const MarkerPlace& before) {
    const Eigen::MatrixXd gain =
        drr::solve_symmetric(block.covariance, block.px_per_mm * before.covariance_mm2).transpose();
    const Eigen::MatrixXd pull = gain * block.jacobian;
    return {before.mean_mm + gain * block.residual_px,
            before.covariance_mm2 - gain * block.px_per_mm * before.covariance_mm2 +
                pull * fit.covariance * pull.transpose()};
}

}  // namespace stereo
