#include "test.hpp"

#include <drr/core/rng.hpp>
#include <drr/geometry/decompositions.hpp>

using namespace drr;

namespace {

constexpr double rounding = 1e-12;  // matrices of the order of 1, condition numbers below 1e3

Eigen::MatrixXd random_matrix(Rng& rng, Eigen::Index rows, Eigen::Index columns) {
    Eigen::MatrixXd result(rows, columns);
    for (double& entry : result.reshaped())
        entry = rng.normal();
    return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(three_by_three_singular_values_build_the_matrix) {
    Rng rng({.seed = 1});
    const Eigen::Matrix3d matrix = random_matrix(rng, 3, 3);
    const Svd3 svd = svd_of(matrix);
    BOOST_TEST((svd.u * svd.values.asDiagonal() * svd.v.transpose() - matrix).norm() < rounding);
    BOOST_TEST(svd.values[0] >= svd.values[1]);
    BOOST_TEST(svd.values[1] >= svd.values[2]);
}

BOOST_AUTO_TEST_CASE(the_last_right_vectors_span_what_is_mapped_to_nothing) {
    Rng rng({.seed = 2});
    const Eigen::MatrixXd matrix = random_matrix(rng, 3, 5);
    const RightSingular svd = right_singular(matrix);
    BOOST_TEST(svd.values.size() == 3);
    BOOST_TEST((matrix * svd.vectors.rightCols(2)).norm() < rounding);
    BOOST_TEST(
        ((matrix * svd.vectors.leftCols(3)).colwise().norm().transpose() - svd.values).norm() <
        rounding);
}

BOOST_AUTO_TEST_CASE(eigenvalues_ascend) {
    Rng rng({.seed = 3});
    const Eigen::MatrixXd root = random_matrix(rng, 4, 6);
    const Eigen::MatrixXd matrix = root * root.transpose();
    const SymmetricEigen eigen = symmetric_eigen(matrix);
    BOOST_TEST((matrix * eigen.vectors - eigen.vectors * eigen.values.asDiagonal()).norm() <
               100.0 * rounding);
    for (Eigen::Index i = 1; i < 4; ++i)
        BOOST_TEST(eigen.values[i - 1] <= eigen.values[i]);
}

BOOST_AUTO_TEST_CASE(equations_are_solved) {
    Rng rng({.seed = 4});
    const Eigen::MatrixXd design = random_matrix(rng, 8, 4);
    const Eigen::MatrixXd normal = design.transpose() * design;
    const Eigen::MatrixXd x = random_matrix(rng, 4, 2);
    BOOST_TEST((solve_symmetric(normal, normal * x) - x).norm() < 100.0 * rounding);
    BOOST_TEST((solve_least_squares(design, design * x) - x).norm() < rounding);
    BOOST_TEST((inverse_of(normal) * normal - Eigen::MatrixXd::Identity(4, 4)).norm() <
               100.0 * rounding);
    BOOST_TEST(!inverse_of(Eigen::MatrixXd::Zero(3, 3)).allFinite());
}

// The normal equations of what a measurement leaves open: the solution is still one.
BOOST_AUTO_TEST_CASE(a_singular_symmetric_system_is_solved_where_it_can_be) {
    const Eigen::Matrix3d matrix = Eigen::Vector3d(2.0, 0.0, 3.0).asDiagonal();
    const Eigen::Vector3d right(4.0, 0.0, 9.0);
    BOOST_TEST((matrix * solve_symmetric(matrix, right) - right).norm() < rounding);
}
