#include "pose_equations.hpp"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pose_equations_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace stereo {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<double, drr::MarkerSights::lanes>;
using Vec = hn::Vec<Tag>;
constexpr Tag lanes;

// The derivatives by seven parameters, and the residual.
constexpr int terms = 8;
constexpr int residual = 7;

PoseEquations equations(const drr::MarkerSights& sights, const drr::Pinhole& pinhole,
                        const drr::Rigid3& view_from_phantom) {
    const Eigen::Matrix3d rotation = view_from_phantom.matrix();
    Vec turn[3][3];
    Vec shift[3];
    for (int i = 0; i < 3; ++i) {
        shift[i] = hn::Set(lanes, view_from_phantom.translation_mm[i]);
        for (int k = 0; k < 3; ++k)
            turn[i][k] = hn::Set(lanes, rotation(i, k));
    }
    const Vec fx = hn::Set(lanes, pinhole.fx_px);
    const Vec fy = hn::Set(lanes, pinhole.fy_px);
    const Vec cx = hn::Set(lanes, pinhole.cx_px);
    const Vec cy = hn::Set(lanes, pinhole.cy_px);
    Vec sums[terms][terms];
    for (auto& row : sums)
        for (auto& sum : row)
            sum = hn::Zero(lanes);
    PoseEquations result;
    for (std::size_t at = 0; at < sights.size(); at += hn::Lanes(lanes)) {
        const auto all = [&](drr::MarkerSights::Quantity q) {
            return hn::LoadU(lanes, sights.all(q) + at);
        };
        const Vec point[3] = {all(drr::MarkerSights::x_mm), all(drr::MarkerSights::y_mm),
                              all(drr::MarkerSights::z_mm)};
        Vec turned[3];
        for (int i = 0; i < 3; ++i)
            turned[i] = hn::MulAdd(turn[i][0], point[0],
                                   hn::MulAdd(turn[i][1], point[1], hn::Mul(turn[i][2], point[2])));
        const Vec z = hn::Add(turned[2], shift[2]);
        const auto real = hn::FirstN(lanes, sights.size() - at);
        if (!hn::AllFalse(lanes, hn::And(real, hn::Le(z, hn::Zero(lanes))))) {
            result.cost = std::numeric_limits<double>::infinity();
            return result;
        }
        const Vec weight = all(drr::MarkerSights::weight_per_px);
        const Vec per_z =
            hn::Div(hn::Set(lanes, 1.0), hn::IfThenElse(real, z, hn::Set(lanes, 1.0)));
        // From the principal point, and the derivatives of the pixel by the marker's place.
        const Vec u = hn::Mul(fx, hn::Mul(hn::Add(turned[0], shift[0]), per_z));
        const Vec v = hn::Mul(fy, hn::Mul(hn::Add(turned[1], shift[1]), per_z));
        const Vec u_by_x = hn::Mul(weight, hn::Mul(fx, per_z));
        const Vec v_by_y = hn::Mul(weight, hn::Mul(fy, per_z));
        const Vec u_by_z = hn::Neg(hn::Mul(weight, hn::Mul(u, per_z)));
        const Vec v_by_z = hn::Neg(hn::Mul(weight, hn::Mul(v, per_z)));
        const auto across = [](Vec a, Vec b, Vec c, Vec d) {
            return hn::Sub(hn::Mul(a, b), hn::Mul(c, d));
        };
        const Vec zero = hn::Zero(lanes);
        const Vec of_u[terms] = {
            hn::Mul(u_by_z, turned[1]),
            across(u_by_x, turned[2], u_by_z, turned[0]),
            hn::Neg(hn::Mul(u_by_x, turned[1])),
            u_by_x,
            zero,
            u_by_z,
            hn::Mul(weight, u),
            hn::Mul(weight, hn::Sub(hn::Add(u, cx), all(drr::MarkerSights::u_px)))};
        const Vec of_v[terms] = {
            across(v_by_z, turned[1], v_by_y, turned[2]),
            hn::Neg(hn::Mul(v_by_z, turned[0])),
            hn::Mul(v_by_y, turned[0]),
            zero,
            v_by_y,
            v_by_z,
            hn::Mul(weight, v),
            hn::Mul(weight, hn::Sub(hn::Add(v, cy), all(drr::MarkerSights::v_px)))};
        for (int i = 0; i < terms; ++i)
            for (int k = 0; k <= i; ++k)
                sums[i][k] = hn::MulAdd(of_u[i], of_u[k], hn::MulAdd(of_v[i], of_v[k], sums[i][k]));
    }
    const auto total = [&](int i, int k) { return hn::GetLane(hn::SumOfLanes(lanes, sums[i][k])); };
    for (int i = 0; i < residual; ++i) {
        for (int k = 0; k <= i; ++k)
            result.normal(i, k) = result.normal(k, i) = total(i, k);
        result.gradient(i) = total(residual, i);
    }
    result.cost = total(residual, residual);
    return result;
}

}  // namespace HWY_NAMESPACE
}  // namespace stereo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace stereo {

HWY_EXPORT(equations);

PoseEquations pose_equations(const drr::MarkerSights& sights, const drr::Pinhole& nominal,
                             const ViewPose& pose) {
    return HWY_DYNAMIC_DISPATCH(equations)(sights, scaled(nominal, pose.log_focal),
                                           pose.view_from_phantom);
}

}  // namespace stereo
#endif
