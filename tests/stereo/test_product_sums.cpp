#include "instruction_sets.hpp"
#include "product_sums.hpp"
#include "test.hpp"

#include <drr/core/rng.hpp>

#include <Eigen/Core>

#include <vector>

using namespace stereo;

namespace {

// Of a sum of 300 products in another order.
constexpr double rounding = 1e-13;

}  // namespace

BOOST_AUTO_TEST_CASE(sums_of_products_are_those_of_the_matrix_with_every_instruction_set) {
    using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    drr::Rng rng({.seed = 3, .purpose = drr::RngPurpose::test});
    for (const std::size_t columns : {1U, 7U, 8U, 14U, 27U, 39U}) {
        const std::size_t stride = padded_stride(columns);
        BOOST_REQUIRE(stride >= columns);
        const auto size = static_cast<Eigen::Index>(stride);
        Rows rows = Rows::Zero(301, size);
        for (Eigen::Index row = 0; row < rows.rows(); ++row)
            for (Eigen::Index k = 0; k < static_cast<Eigen::Index>(columns); ++k)
                rows(row, k) = rng.normal();
        const Rows expected = rows.transpose() * rows;
        test::with_every_instruction_set([&] {
            Rows sums = Rows::Zero(size, size);
            product_sums({rows.data(), static_cast<std::size_t>(rows.rows()), stride}, sums.data());
            const Rows difference = (sums - expected).triangularView<Eigen::Lower>();
            BOOST_TEST(difference.cwiseAbs().maxCoeff() <
                       rounding * static_cast<double>(rows.rows()));
        });
    }
}
