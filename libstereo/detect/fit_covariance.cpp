#include "fit_covariance.hpp"

namespace stereo {
Eigen::Matrix3d covariance_under_noise(const FittedPixels& fit,
                                       const Eigen::Matrix<double, Eigen::Dynamic, 3>& influence,
                                       const NoiseCorrelation& correlation) {
    constexpr int reach = NoiseCorrelation::reach;
    // On the grid of the pixels with an empty margin.
    const Eigen::RowVector2i low = fit.place.colwise().minCoeff().array() - reach;
    const Eigen::RowVector2i size =
        fit.place.colwise().maxCoeff().array() - low.array() + reach + 1;
    Eigen::Matrix<double, 3, Eigen::Dynamic> grid =
        Eigen::Matrix<double, 3, Eigen::Dynamic>::Zero(3, size.prod());
    const auto cell = [&](Eigen::Index i) {
        return (fit.place(i, 1) - low[1]) * size[0] + fit.place(i, 0) - low[0];
    };
    for (Eigen::Index i = 0; i < influence.rows(); ++i)
        grid.col(cell(i)) = influence.row(i);
    Eigen::Matrix3d sum = Eigen::Matrix3d::Zero();
    for (Eigen::Index i = 0; i < influence.rows(); ++i) {
        const int at = cell(i);
        Eigen::Vector3d seen = Eigen::Vector3d::Zero();
        for (int dy = -reach; dy <= reach; ++dy)
            for (int dx = -reach; dx <= reach; ++dx)
                seen += correlation(dx, dy) * grid.col(at + dy * size[0] + dx);
        sum += grid.col(at) * seen.transpose();
    }
    return 0.5 * (sum + sum.transpose());
}

}  // namespace stereo
