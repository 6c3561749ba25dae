#include "bump_grid.hpp"
#include "test.hpp"

#include <drr/core/rng.hpp>

#include <cmath>
#include <vector>

using namespace stereo;

namespace {

// Sums of a few hundred products.
constexpr double rounding = 1e-12;

/// A disc of pixels with a bite taken out, at no particular place.
PixelPlaces bitten_disc() {
    std::vector<Eigen::RowVector2i> places;
    for (int row = -9; row <= 9; ++row)
        for (int column = -9; column <= 9; ++column)
            if (column * column + row * row < 85 && !(column > 4 && row > 2))
                places.emplace_back(column + 3, row - 5);
    PixelPlaces result(static_cast<Eigen::Index>(places.size()), 2);
    for (Eigen::Index p = 0; p < result.rows(); ++p)
        result.row(p) = places[static_cast<std::size_t>(p)];
    return result;
}

/// The bumps as they are defined, on the grid in the middle of the pixels' box.
Eigen::MatrixXd written_out(const PixelPlaces& place, const Eigen::VectorXd& model,
                            double spacing) {
    const Eigen::RowVector2d low = place.cast<double>().colwise().minCoeff();
    const Eigen::RowVector2d high = place.cast<double>().colwise().maxCoeff();
    const Eigen::RowVector2d steps = ((high - low) / spacing).array().ceil();
    const Eigen::RowVector2d first = 0.5 * (low + high - spacing * steps);
    const double sd = 0.8 * spacing;
    std::vector<Eigen::VectorXd> bumps;
    for (int j = 0; j <= steps.y(); ++j)
        for (int i = 0; i <= steps.x(); ++i) {
            const Eigen::RowVector2d middle = first + spacing * Eigen::RowVector2d(i, j);
            const Eigen::ArrayXd square =
                (place.cast<double>().rowwise() - middle).rowwise().squaredNorm();
            if (std::sqrt(square.minCoeff()) > 0.5 * spacing) continue;
            bumps.emplace_back(model.array() * (-0.5 * square / (sd * sd)).exp());
        }
    Eigen::MatrixXd result(place.rows(), static_cast<Eigen::Index>(bumps.size()));
    for (Eigen::Index k = 0; k < result.cols(); ++k)
        result.col(k) = bumps[static_cast<std::size_t>(k)];
    return result;
}

double largest(const Eigen::MatrixXd& of) {
    return of.cwiseAbs().maxCoeff();
}

}  // namespace

BOOST_AUTO_TEST_CASE(sums_along_columns_and_rows_are_those_of_the_bumps_written_out) {
    const PixelPlaces place = bitten_disc();
    drr::Rng rng({.seed = 1, .purpose = drr::RngPurpose::test});
    Eigen::VectorXd model(place.rows());
    Eigen::MatrixXd values(place.rows(), 7);
    for (double& value : model)
        value = rng.uniform();
    for (Eigen::Index k = 0; k < values.size(); ++k)
        values.data()[k] = rng.normal();
    for (const double spacing : {1.8, 2.3, 4.0}) {
        const BumpGrid grid(place, model, spacing);
        const Eigen::MatrixXd bumps = written_out(place, model, spacing);
        BOOST_REQUIRE(grid.count() == bumps.cols());
        BOOST_TEST(grid.count() < place.rows());
        // Rows of zeros fill the columns up.
        const Eigen::MatrixXd gram = grid.gram();
        const Eigen::MatrixXd seen = grid.seen_by(values);
        BOOST_TEST(largest(gram.topRows(grid.count()) - bumps.transpose() * bumps) <
                   rounding * largest(gram));
        BOOST_TEST(largest(seen.topRows(grid.count()) - bumps.transpose() * values) <
                   rounding * 100.0);
        BOOST_TEST(gram.bottomRows(gram.rows() - grid.count()).squaredNorm() == 0.0);
        BOOST_TEST(seen.bottomRows(seen.rows() - grid.count()).squaredNorm() == 0.0);
        Eigen::Matrix<double, Eigen::Dynamic, 3> heights(grid.count(), 3);
        for (double& height : heights.reshaped())
            height = rng.normal();
        BOOST_TEST(largest(grid.at_pixels(heights) - bumps * heights) < rounding * 100.0);
    }
}
