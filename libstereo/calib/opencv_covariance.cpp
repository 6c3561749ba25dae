#include "opencv_covariance.hpp"

#include "bundle_state.hpp"

#include <drr/geometry/decompositions.hpp>

#include <array>
#include <set>
#include <utility>

namespace stereo {
namespace {

constexpr int intrinsic_columns = 4;  // f, aspect, cx, cy
constexpr int motion_columns = 6;     // turn, shift
using Intrinsic = Eigen::Matrix<double, 2, intrinsic_columns>;
using Motion = Eigen::Matrix<double, 2, motion_columns>;

// Derivatives of the pixel of a point that two motions bring before the source, view * pose * x.
struct PixelDerivatives {
    Intrinsic by_intrinsics;
    Motion by_view;
    Motion by_pose;
    Eigen::Vector2d projected;

    PixelDerivatives(const drr::Pinhole& k, const drr::Rigid3& view, const drr::Rigid3& pose,
                     const Eigen::Vector3d& in_phantom) {
        const Eigen::Vector3d arm = pose.rotation * in_phantom;
        const Eigen::Vector3d in_view_axes = view.rotation * (arm + pose.translation_mm);
        const Eigen::Vector3d p = in_view_axes + view.translation_mm;
        const double x = p.x() / p.z();
        const double y = p.y() / p.z();
        Eigen::Matrix<double, 2, 3> d;
        d << k.fx_px, 0.0, -k.fx_px * x, 0.0, k.fy_px, -k.fy_px * y;
        d /= p.z();
        const Eigen::Matrix<double, 2, 3> turned = d * view.matrix();
        by_intrinsics << x, 0.0, 1.0, 0.0, k.fy_px / k.fx_px * y, k.fx_px * y, 0.0, 1.0;
        by_view << -d * drr::cross_matrix(in_view_axes), d;
        by_pose << -turned * drr::cross_matrix(arm), turned;
        projected = Eigen::Vector2d(k.fx_px * x + k.cx_px, k.fy_px * y + k.cy_px);
    }
};

using Items = std::vector<std::size_t>;
using Sensitivity = Eigen::MatrixXd;  // rows: numbers; columns: u and v of each observation

// How intrinsics and the motion of one pose answer to each observation, from the fit of one view.
struct FirstStep {
    Sensitivity intrinsics;
    std::map<int, Sensitivity> poses;
};

FirstStep first_step(const Observations& observations, int view, const CameraFit& fit,
                     bool square_pixels, double& weighted, int& freedom) {
    std::map<int, Eigen::Index> column;
    Eigen::Index size = intrinsic_columns;
    for (const auto& [pose, motion] : fit.view_from_phantom) {
        column[pose] = size;
        size += motion_columns;
    }
    const auto all = static_cast<Eigen::Index>(2 * observations.items.size());
    Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(size, size);
    Eigen::MatrixXd right = Eigen::MatrixXd::Zero(size, all);
    for (std::size_t i = 0; i < observations.items.size(); ++i) {
        const Observation& item = observations.items[i];
        const auto motion = fit.view_from_phantom.find(item.pose);
        if (item.view != view || motion == fit.view_from_phantom.end()) continue;
        const PixelDerivatives d(
            fit.pinhole, {}, motion->second,
            observations.markers_in_phantom_mm[static_cast<std::size_t>(item.marker)]);
        Eigen::MatrixXd row = Eigen::MatrixXd::Zero(2, size);
        row.leftCols<intrinsic_columns>() = d.by_intrinsics;
        if (square_pixels) row.col(1).setZero();
        row.middleCols<motion_columns>(column[item.pose]) = d.by_pose;
        normal += row.transpose() * row;
        right.middleCols<2>(static_cast<Eigen::Index>(2 * i)) = row.transpose();
        weighted += (d.projected - item.pixel).squaredNorm() / (item.sd_px * item.sd_px);
        freedom += 2;
    }
    freedom -= static_cast<int>(size) - (square_pixels ? 1 : 0);
    if (square_pixels) normal(1, 1) = 1.0;  // the aspect does not move
    const Eigen::MatrixXd answer = drr::solve_symmetric(normal, right);
    FirstStep step;
    step.intrinsics = answer.topRows<intrinsic_columns>();
    for (const auto& [pose, at] : column)
        step.poses[pose] = answer.middleRows<motion_columns>(at);
    return step;
}

// How the motion from view 0 to another answers, from the fit of both with intrinsics fixed.
Sensitivity second_step(const Observations& observations, int view,
                        const std::array<const CameraFit*, 2>& fits,
                        const std::array<const FirstStep*, 2>& first,
                        const drr::Rigid3& other_from_first) {
    // Markers that both views see, in the poses of the first.
    std::map<std::pair<int, int>, std::array<int, 2>> seen;
    for (std::size_t i = 0; i < observations.items.size(); ++i) {
        const Observation& item = observations.items[i];
        if ((item.view != 0 && item.view != view) ||
            !fits[0]->view_from_phantom.contains(item.pose))
            continue;
        auto [at, is_new] = seen.try_emplace({item.pose, item.marker}, std::array{-1, -1});
        at->second[item.view == 0 ? 0 : 1] = static_cast<int>(i);
    }
    std::map<int, Eigen::Index> column;
    Eigen::Index size = motion_columns;
    for (const auto& [key, pair] : seen)
        if (pair[0] >= 0 && pair[1] >= 0 && column.try_emplace(key.first, size).second)
            size += motion_columns;
    const auto all = static_cast<Eigen::Index>(2 * observations.items.size());
    Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(size, size);
    Eigen::MatrixXd right = Eigen::MatrixXd::Zero(size, all);
    std::array<Eigen::MatrixXd, 2> by_intrinsics;
    by_intrinsics.fill(Eigen::MatrixXd::Zero(size, intrinsic_columns));
    for (const auto& [key, pair] : seen) {
        if (pair[0] < 0 || pair[1] < 0) continue;
        for (std::size_t v = 0; v < 2; ++v) {
            const PixelDerivatives d(
                fits[v]->pinhole, v == 0 ? drr::Rigid3() : other_from_first,
                fits[0]->view_from_phantom.at(key.first),
                observations.markers_in_phantom_mm[static_cast<std::size_t>(key.second)]);
            Eigen::MatrixXd row = Eigen::MatrixXd::Zero(2, size);
            if (v == 1) row.leftCols<motion_columns>() = d.by_view;
            row.middleCols<motion_columns>(column[key.first]) = d.by_pose;
            normal += row.transpose() * row;
            right.middleCols<2>(2 * pair[v]) += row.transpose();
            by_intrinsics[v] += row.transpose() * d.by_intrinsics;
        }
    }
    for (std::size_t v = 0; v < 2; ++v)
        right -= by_intrinsics[v] * first[v]->intrinsics;
    return drr::solve_symmetric(normal, right).topRows<motion_columns>();
}

std::vector<Parameter> parameters_of(int view, bool square_pixels) {
    std::vector<Parameter> parameters{{ParameterKind::focal_length_px, view, 0}};
    if (!square_pixels) parameters.push_back({ParameterKind::aspect, view, 0});
    for (int axis = 0; axis < 2; ++axis)
        parameters.push_back({ParameterKind::principal_point_px, view, axis});
    for (const auto kind : {ParameterKind::view_turn_rad, ParameterKind::view_shift_mm})
        for (int axis = 0; axis < 3; ++axis)
            parameters.push_back({kind, view, axis});
    return parameters;
}

}  // namespace

void add_opencv_covariance(const Observations& observations, const CalibrationOptions& options,
                           const std::vector<CameraFit>& fits, Calibration& result) {
    double weighted = 0.0;
    int freedom = 0;
    std::vector<FirstStep> first;
    for (std::size_t v = 0; v < fits.size(); ++v)
        first.push_back(first_step(observations, static_cast<int>(v), fits[v],
                                   options.square_pixels, weighted, freedom));
    if (freedom <= 0 && options.noise != NoiseScale::declared) return;
    const drr::Rigid3& first_from_world = fits[0].view_from_phantom.at(result.world_pose);
    const Sensitivity& of_world = first[0].poses.at(result.world_pose);
    const Eigen::Index own = options.square_pixels ? 9 : 10;
    const auto all = static_cast<Eigen::Index>(2 * observations.items.size());
    Sensitivity answer(own * static_cast<Eigen::Index>(fits.size()), all);
    for (std::size_t v = 0; v < fits.size(); ++v) {
        Sensitivity motion = of_world;
        if (v > 0) {
            // T P: turned by w_T and T's turn of w_P, shifted by d t_T + w_T x R_T t_P + R_T d t_P.
            const drr::Rigid3 between =
                result.views[v].view_from_world * first_from_world.inverse();
            const Eigen::Matrix3d turn = between.matrix();
            const Sensitivity of_between =
                second_step(observations, static_cast<int>(v), {&fits[0], &fits[v]},
                            {&first[0], &first[v]}, between);
            motion.topRows<3>() = of_between.topRows<3>() + turn * of_world.topRows<3>();
            motion.bottomRows<3>() = of_between.bottomRows<3>() -
                                     drr::cross_matrix(turn * first_from_world.translation_mm) *
                                         of_between.topRows<3>() +
                                     turn * of_world.bottomRows<3>();
        }
        const Eigen::Index at = own * static_cast<Eigen::Index>(v);
        answer.row(at) = first[v].intrinsics.row(0);
        if (!options.square_pixels) answer.row(at + 1) = first[v].intrinsics.row(1);
        answer.middleRows<2>(at + own - 8) = first[v].intrinsics.bottomRows<2>();
        answer.middleRows<motion_columns>(at + own - 6) = motion;
        for (const auto& parameter : parameters_of(static_cast<int>(v), options.square_pixels))
            result.parameters.push_back(parameter);
    }
    for (std::size_t i = 0; i < observations.items.size(); ++i)
        answer.middleCols<2>(static_cast<Eigen::Index>(2 * i)) *= observations.items[i].sd_px;
    const double scale = options.noise == NoiseScale::declared ? 1.0 : weighted / freedom;
    result.covariance = scale * answer * answer.transpose();
    result.degrees_of_freedom = freedom;
    result.sigma0 = freedom > 0 ? std::sqrt(weighted / freedom) : 0.0;
}

}  // namespace stereo
