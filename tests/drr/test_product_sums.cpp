#include "instruction_sets.hpp"
#include "test.hpp"

#include <drr/core/product_sums.hpp>
#include <drr/core/rng.hpp>

#include <Eigen/Core>

using namespace drr;

namespace {

// Of a sum of 300 products in another order.
constexpr double rounding = 1e-13;

}  // namespace

BOOST_AUTO_TEST_CASE(sums_of_products_are_those_of_the_matrix_with_every_instruction_set) {
    drr::Rng rng({.seed = 3, .purpose = drr::RngPurpose::test});
    for (const Eigen::Index count : {1, 2, 7, 8, 14, 27, 39}) {
        Eigen::MatrixXd columns(304, count);
        for (double& value : columns.reshaped())
            value = rng.normal();
        const Eigen::MatrixXd expected = columns.transpose() * columns;
        test::with_every_instruction_set([&] {
            Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(count, count);  // of rows, transposed
            product_sums(
                {columns.data(), static_cast<std::size_t>(columns.rows()),
                 static_cast<std::size_t>(columns.outerStride()), static_cast<std::size_t>(count)},
                sums.data());
            const Eigen::MatrixXd difference =
                (sums.transpose() - expected).triangularView<Eigen::Lower>();
            BOOST_TEST(difference.cwiseAbs().maxCoeff() <
                       rounding * static_cast<double>(columns.rows()));
        });
    }
}
