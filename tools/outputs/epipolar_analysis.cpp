#include "outputs/epipolar_report.hpp"

#include <drr/geometry/decompositions.hpp>
#include <stereo/calib/uncertainty.hpp>
#include <stereo/recon/triangulate.hpp>

#include <array>
#include <span>

namespace tools {
namespace {

std::vector<Eigen::Vector2d> pixels_of(const std::vector<stereo::MeasuredPixel>& measured) {
    std::vector<Eigen::Vector2d> pixels;
    for (const stereo::MeasuredPixel& pixel : measured)
        pixels.push_back(pixel.pixel);
    return pixels;
}

// The box of the points that the calibration makes of the matches.
std::optional<stereo::WorkingVolume> box_of_points(const EpipolarReport& report) {
    const std::array<drr::CalibratedView, 2> views{(*report.calibration)[0].view,
                                                   (*report.calibration)[1].view};
    Eigen::AlignedBox3d box;
    for (std::size_t i = 0; i < report.a.size(); ++i) {
        const stereo::Triangulation point =
            stereo::triangulate(views, std::array{report.a[i], report.b[i]});
        if (point.ok) box.extend(point.point_in_world_mm);
    }
    if (box.isEmpty() || !(box.sizes().minCoeff() > 0.0)) return std::nullopt;
    return stereo::WorkingVolume{box.min(), box.max()};
}

// The calibration's matrix with the covariance that follows from its own.
stereo::FundamentalFit calibrated_fit(const stereo::Calibration& calibration,
                                      const Eigen::Matrix3d& fundamental) {
    const Eigen::MatrixXd covariance =
        stereo::propagate(calibration, [&](std::span<const drr::CalibratedView> views) {
            return Eigen::VectorXd(stereo::fundamental_entries(
                stereo::fundamental_from_views(views[0], views[1]), fundamental));
        });
    stereo::FundamentalFit fit;
    fit.fundamental = fundamental;
    const auto [values, vectors] = drr::symmetric_eigen(covariance);
    fit.root = vectors * values.cwiseMax(0.0).cwiseSqrt().asDiagonal();
    return fit;
}

void compare_with_calibration(EpipolarReport& report) {
    const auto& calibration = *report.calibration;
    report.calibrated = stereo::fundamental_from_views(calibration[0].view, calibration[1].view);
    const auto a = pixels_of(report.a);
    const auto b = pixels_of(report.b);
    report.calibrated_symmetric = stereo::epipolar_statistics(*report.calibrated, a, b);
    report.calibrated_sampson = stereo::sampson_statistics(*report.calibrated, a, b);
    if (report.with_covariance) {
        const stereo::FundamentalFit fit =
            calibrated_fit(*report.with_covariance, *report.calibrated);
        std::vector<double> line_sd_px;
        for (std::size_t i = 0; i < a.size(); ++i)
            line_sd_px.push_back(stereo::epipolar_line_sd_px(fit, a[i], b[i]));
        report.calibrated_line_sd = stereo::distance_statistics(line_sd_px);
    }
    if (!report.volume) report.volume = box_of_points(report);
    if (!report.volume || !report.of_matches.ok) return;
    const stereo::PixelPairs pairs =
        stereo::volume_in_views(calibration[0].view, calibration[1].view, *report.volume);
    if (pairs.a.empty()) return;
    report.difference =
        stereo::compare_fundamentals(*report.calibrated, report.of_matches.fundamental, pairs);
}

}  // namespace

void analyse(EpipolarReport& report) {
    report.of_matches = stereo::estimate_fundamental(report.a, report.b, report.options);
    if (report.of_matches.ok) {
        std::array<std::vector<stereo::MeasuredPixel>, 2> inliers;
        std::vector<double> line_sd_px;
        for (auto& middle : report.middle_px)
            middle.setZero();
        for (std::size_t i = 0; i < report.a.size(); ++i) {
            if (!report.of_matches.inliers[i]) continue;
            inliers[0].push_back(report.a[i]);
            inliers[1].push_back(report.b[i]);
            line_sd_px.push_back(stereo::epipolar_line_sd_px(report.of_matches, report.a[i].pixel,
                                                             report.b[i].pixel));
        }
        report.line_sd = stereo::distance_statistics(line_sd_px);
        for (std::size_t v = 0; v < 2; ++v)
            for (const stereo::MeasuredPixel& pixel : inliers[v])
                report.middle_px[v] += pixel.pixel / double(inliers[v].size());
        report.model = stereo::choose_fundamental_model(report.of_matches.fundamental, inliers[0],
                                                        inliers[1], report.options.fit);
        report.epipoles = {stereo::epipole_in_a(report.of_matches, report.middle_px[0]),
                           stereo::epipole_in_b(report.of_matches, report.middle_px[1])};
    }
    if (report.calibration) compare_with_calibration(report);
}

}  // namespace tools
