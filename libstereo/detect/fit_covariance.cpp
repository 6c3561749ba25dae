#include "fit_covariance.hpp"

#include <Eigen/Cholesky>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace stereo {
namespace {

// Each still holds dozens of pixels, more than the reach of the noise's correlation.
constexpr int sectors = 8;

}  // namespace

Eigen::Matrix3d covariance_under_noise(const FittedPixels& fit, int first,
                                       const NoiseCorrelation& correlation) {
    constexpr int reach = NoiseCorrelation::reach;
    // What a unit of noise in each pixel does to the three parameters, on the grid of the pixels
    // with an empty margin.
    const Eigen::Matrix<double, 3, Eigen::Dynamic> influence =
        fit.inverse.middleRows(first, 3) * fit.jacobian.transpose();
    const Eigen::RowVector2i low = fit.place.colwise().minCoeff().array() - reach;
    const Eigen::RowVector2i size =
        fit.place.colwise().maxCoeff().array() - low.array() + reach + 1;
    Eigen::Matrix<double, 3, Eigen::Dynamic> grid =
        Eigen::Matrix<double, 3, Eigen::Dynamic>::Zero(3, size.prod());
    const auto cell = [&](Eigen::Index i) {
        return (fit.place(i, 1) - low[1]) * size[0] + fit.place(i, 0) - low[0];
    };
    for (Eigen::Index i = 0; i < influence.cols(); ++i)
        grid.col(cell(i)) = influence.col(i);
    Eigen::Matrix3d sum = Eigen::Matrix3d::Zero();
    for (Eigen::Index i = 0; i < influence.cols(); ++i) {
        const int at = cell(i);
        Eigen::Vector3d seen = Eigen::Vector3d::Zero();
        for (int dy = -reach; dy <= reach; ++dy)
            for (int dx = -reach; dx <= reach; ++dx)
                seen += correlation(dx, dy) * grid.col(at + dy * size[0] + dx);
        sum += influence.col(i) * seen.transpose();
    }
    return 0.5 * (sum + sum.transpose());
}

Eigen::Matrix2d covariance_by_jackknife(const FittedPixels& fit, int first,
                                        const Eigen::Vector2d& center_px) {
    const Eigen::Index parameters = fit.jacobian.cols();
    struct Sector {
        Eigen::MatrixXd normal;
        Eigen::VectorXd gradient;
    };
    const Sector nothing = {Eigen::MatrixXd::Zero(parameters, parameters),
                            Eigen::VectorXd::Zero(parameters)};
    std::array<Sector, sectors> left_out;
    left_out.fill(nothing);
    for (Eigen::Index i = 0; i < fit.jacobian.rows(); ++i) {
        const double angle =
            std::atan2(fit.place(i, 1) - center_px.y(), fit.place(i, 0) - center_px.x());
        const auto s = static_cast<int>((angle / std::numbers::pi + 1.0) * 0.5 * sectors);
        Sector& sector = left_out[static_cast<std::size_t>(std::clamp(s, 0, sectors - 1))];
        const auto row = fit.jacobian.row(i).transpose();
        sector.normal.selfadjointView<Eigen::Lower>().rankUpdate(row);
        sector.gradient += row * fit.residuals[i];
    }
    Eigen::Matrix2d sum = Eigen::Matrix2d::Zero();
    for (const Sector& sector : left_out) {
        const Eigen::VectorXd change = (fit.normal - sector.normal).ldlt().solve(-sector.gradient);
        sum += change.segment<2>(first) * change.segment<2>(first).transpose();
    }
    return sum * (sectors - 1.0) / sectors;
}

}  // namespace stereo
