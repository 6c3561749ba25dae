#include "instruction_sets.hpp"
#include "matrix_product.hpp"
#include "test.hpp"

#include <drr/core/rng.hpp>

#include <Eigen/Core>

using namespace stereo;

namespace {

// Of a sum of 40 products in another order.
constexpr double rounding = 1e-13;

std::size_t number(Eigen::Index count) {
    return static_cast<std::size_t>(count);
}

}  // namespace

BOOST_AUTO_TEST_CASE(products_are_added_with_every_instruction_set) {
    drr::Rng rng({.seed = 6, .purpose = drr::RngPurpose::test});
    const auto random = [&](Eigen::Index rows, Eigen::Index columns) {
        Eigen::MatrixXd matrix(rows, columns);
        for (double& value : matrix.reshaped())
            value = rng.normal();
        return matrix;
    };
    for (const Eigen::Index rows : {8, 16, 24, 88})
        for (const Eigen::Index columns : {1, 3, 4, 9, 41}) {
            constexpr Eigen::Index between = 40;
            const Eigen::MatrixXd a = random(rows, between), b = random(between, columns);
            const Eigen::MatrixXd transposed = b.transpose();
            const Eigen::MatrixXd before = random(rows, columns);
            const Eigen::MatrixXd expected = before - 0.5 * a * b;
            test::with_every_instruction_set([&] {
                const LeftFactor left{a.data(), number(rows), number(rows), number(between)};
                for (const bool as_transpose : {false, true}) {
                    const RightFactor right =
                        as_transpose
                            ? RightFactor{transposed.data(), number(columns), 1, number(columns)}
                            : RightFactor{b.data(), 1, number(between), number(columns)};
                    Eigen::MatrixXd sum = before;
                    add_product(left, right, -0.5, sum.data(), number(rows));
                    BOOST_TEST((sum - expected).cwiseAbs().maxCoeff() <
                               rounding * static_cast<double>(between));
                }
            });
        }
}
