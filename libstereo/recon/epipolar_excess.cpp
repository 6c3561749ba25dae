#include <drr/core/order_statistics.hpp>
#include <stereo/recon/epipolar_excess.hpp>
#include <stereo/recon/epipolar_pairs.hpp>

#include <utility>

namespace stereo {

double epipolar_excess_sd_px(const Eigen::Matrix3d& fundamental,
                             const std::vector<std::array<MeasuredPixel, 2>>& pairs) {
    constexpr double median_chi2 = 0.4549;  // of one degree of freedom
    constexpr double most_px = 100.0;
    if (pairs.empty()) return 0.0;
    const auto explains = [&](double sd) {
        std::vector<double> chi2;
        for (std::array<MeasuredPixel, 2> pair : pairs) {
            for (MeasuredPixel& pixel : pair)
                pixel.covariance_px2.diagonal().array() += sd * sd;
            const double sigma = epipolar_sigma(fundamental, pair[0], pair[1]);
            chi2.push_back(sigma * sigma);
        }
        return drr::median(std::move(chi2)) < median_chi2;
    };
    double low = 0.0;
    double high = most_px;
    if (explains(low)) return 0.0;
    for (int halving = 0; halving < 50; ++halving) {
        const double middle = 0.5 * (low + high);
        (explains(middle) ? high : low) = middle;
    }
    return high;
}

}  // namespace stereo
