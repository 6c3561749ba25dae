#include "normal_equations.hpp"

#include <Eigen/Cholesky>

namespace stereo {

void NormalEquations::reset(const BundleLayout& layout) {
    common.setZero(layout.common_count, layout.common_count);
    common_gradient.setZero(layout.common_count);
    const auto poses = static_cast<std::size_t>(layout.free_poses);
    pose.assign(poses, Matrix6::Zero());
    pose_gradient.assign(poses, Vector6::Zero());
    coupling.resize(poses);
    for (auto& block : coupling)
        block.setZero(layout.common_count, 6);
    cost = 0.0;
    valid = true;
}

Eigen::VectorXd NormalEquations::step(double damping) const {
    const Eigen::Index n = common.rows();
    Eigen::MatrixXd reduced = common;
    reduced.diagonal() *= 1.0 + damping;
    Eigen::VectorXd right = -common_gradient;
    // With L L^T of a pose: its coupling times L^-T, and L^-1 times its gradient.
    std::vector<Eigen::LLT<Matrix6>> factors;
    std::vector<PoseCoupling> half_coupling;
    std::vector<Vector6> half_gradient;
    for (std::size_t k = 0; k < pose.size(); ++k) {
        Matrix6 block = pose[k];
        block.diagonal() *= 1.0 + damping;
        if (factors.emplace_back(block).info() != Eigen::Success) return {};
        const Matrix6& lower = factors.back().matrixLLT();
        PoseCoupling& half = half_coupling.emplace_back(coupling[k]);
        for (Eigen::Index column = 0; column < 6; ++column) {
            for (Eigen::Index before = 0; before < column; ++before)
                half.col(column) -= lower(column, before) * half.col(before);
            half.col(column) /= lower(column, column);
        }
        half_gradient.push_back(factors.back().matrixL().solve(pose_gradient[k]));
        for (Eigen::Index column = 0; column < n; ++column)  // the lower half counts
            reduced.col(column).tail(n - column) -=
                half.bottomRows(n - column).lazyProduct(half.row(column).transpose());
        right += half.lazyProduct(half_gradient.back());
    }
    const Eigen::LDLT<Eigen::MatrixXd, Eigen::Lower> factor(reduced);
    if (factor.info() != Eigen::Success) return {};
    Eigen::VectorXd result(n + 6 * static_cast<Eigen::Index>(pose.size()));
    result.head(n) = factor.solve(right);
    for (std::size_t k = 0; k < pose.size(); ++k)
        result.segment<6>(n + 6 * static_cast<Eigen::Index>(k)) = factors[k].matrixU().solve(
            -half_gradient[k] - half_coupling[k].transpose().lazyProduct(result.head(n)));
    return result.allFinite() ? result : Eigen::VectorXd();
}

Eigen::VectorXd NormalEquations::gradient() const {
    const Eigen::Index n = common.rows();
    Eigen::VectorXd result(n + 6 * static_cast<Eigen::Index>(pose.size()));
    result.head(n) = common_gradient;
    for (std::size_t k = 0; k < pose.size(); ++k)
        result.segment<6>(n + 6 * static_cast<Eigen::Index>(k)) = pose_gradient[k];
    return result;
}

Eigen::MatrixXd NormalEquations::matrix() const {
    const Eigen::Index n = common.rows();
    const Eigen::Index size = n + 6 * static_cast<Eigen::Index>(pose.size());
    Eigen::MatrixXd result = Eigen::MatrixXd::Zero(size, size);
    result.topLeftCorner(n, n) = common;
    for (std::size_t k = 0; k < pose.size(); ++k) {
        const Eigen::Index at = n + 6 * static_cast<Eigen::Index>(k);
        result.block<6, 6>(at, at) = pose[k];
        result.block(0, at, n, 6) = coupling[k];
        result.block(at, 0, 6, n) = coupling[k].transpose();
    }
    return result;
}

std::vector<ImageObservations> by_image(const Observations& observations,
                                        const std::vector<bool>& used) {
    const auto views = static_cast<std::size_t>(observations.view_count);
    std::vector<ImageObservations> images(static_cast<std::size_t>(observations.pose_count) *
                                          views);
    for (std::size_t i = 0; i < observations.items.size(); ++i) {
        if (!used[i]) continue;
        const Observation& item = observations.items[i];
        ImageObservations& image = images[static_cast<std::size_t>(item.pose) * views +
                                          static_cast<std::size_t>(item.view)];
        image.pose = item.pose;
        image.view = item.view;
        image.items.push_back(i);
    }
    std::erase_if(images, [](const ImageObservations& image) { return image.items.empty(); });
    return images;
}

}  // namespace stereo
