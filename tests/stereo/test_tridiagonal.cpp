#include "instruction_sets.hpp"
#include "test.hpp"
#include "tridiagonal.hpp"

#include <drr/core/rng.hpp>

#include <Eigen/Core>

using namespace stereo;

namespace {

// Of some hundred reflections, each of sums of a hundred products.
constexpr double rounding = 1e-12;

/// A covariance of fewer degrees of freedom than its size, as that of bumps nearly is.
Eigen::MatrixXd covariance(Eigen::Index size, drr::Rng& rng) {
    Eigen::MatrixXd factor(size, (size + 1) / 2);
    for (double& value : factor.reshaped())
        value = rng.normal();
    return factor * factor.transpose();
}

/// In columns of the stride that tridiagonalize() asks for.
Eigen::MatrixXd padded(const Eigen::MatrixXd& matrix) {
    constexpr auto padding = static_cast<Eigen::Index>(tridiagonal_padding);
    Eigen::MatrixXd result =
        Eigen::MatrixXd::Zero((matrix.rows() + padding - 1) / padding * padding, matrix.cols());
    result.topRows(matrix.rows()) = matrix;
    return result;
}

double largest(const Eigen::MatrixXd& of) {
    return of.cwiseAbs().maxCoeff();
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_tridiagonal_form_turned_back_is_the_matrix_with_every_instruction_set) {
    drr::Rng rng({.seed = 4, .purpose = drr::RngPurpose::test});
    for (const Eigen::Index n : {1, 2, 3, 16, 17, 83, 100}) {
        const Eigen::MatrixXd matrix = covariance(n, rng);
        test::with_every_instruction_set([&] {
            Eigen::MatrixXd form = padded(matrix);
            Eigen::VectorXd diagonal(n), beside(n);
            const auto size = static_cast<std::size_t>(n);
            const auto stride = static_cast<std::size_t>(form.rows());
            tridiagonalize({form.data(), size, stride}, diagonal.data(), beside.data());
            Eigen::MatrixXd tridiagonal = diagonal.asDiagonal();
            for (Eigen::Index i = 0; i + 1 < n; ++i)
                tridiagonal(i, i + 1) = tridiagonal(i + 1, i) = beside[i];
            // Q as the columns of the unit matrix turned, and back.
            const Eigen::MatrixXd unit = Eigen::MatrixXd::Identity(n, n);
            Eigen::MatrixXd q = padded(unit);
            turn({form.data(), size, stride}, Turn::out_of_basis, q.data(), size);
            const Eigen::MatrixXd basis = q.topRows(n);
            BOOST_TEST(largest(basis.transpose() * basis - unit) < rounding);
            BOOST_TEST(largest(basis * tridiagonal * basis.transpose() - matrix) <
                       rounding * largest(matrix));
            turn({form.data(), size, stride}, Turn::into_basis, q.data(), size);
            BOOST_TEST(largest(q.topRows(n) - unit) < rounding);
        });
    }
}
