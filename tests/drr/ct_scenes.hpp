#pragma once

#include <drr/core/image.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/xray_view.hpp>
#include <drr/projector/analytic.hpp>
#include <drr/projector/mu_volume.hpp>
#include <drr/projector/projector.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

// What the tests of projectors of volumes look at, and from where.
namespace test {

using drr::Image;
using drr::MuVolume;
using drr::Rigid3;
using drr::Rng;
using drr::XrayView;
using Eigen::Vector3d;

inline Rng rng_of(std::uint64_t seed) {
    return Rng({.seed = seed, .purpose = drr::RngPurpose::test});
}

inline Rigid3 random_turn(Rng& rng, const Vector3d& at = Vector3d::Zero()) {
    return {drr::rotation_from_vector(Vector3d(rng.normal(), rng.normal(), rng.normal()) * 1.5),
            at};
}

/// Vacuum, centred on the world's origin.
inline MuVolume vacuum(std::array<int, 3> sizes, const Vector3d& spacing_mm) {
    MuVolume volume{{sizes, spacing_mm}, {}};
    volume.mu_per_mm.assign(static_cast<std::size_t>(sizes[0]) *
                                static_cast<std::size_t>(sizes[1]) *
                                static_cast<std::size_t>(sizes[2]),
                            0.0F);
    volume.origin_mm =
        -volume.world_from_index(0.5 * Vector3d(sizes[0] - 1, sizes[1] - 1, sizes[2] - 1));
    return volume;
}

inline MuVolume random_volume(Rng& rng, std::array<int, 3> sizes, const Vector3d& spacing_mm) {
    MuVolume volume = vacuum(sizes, spacing_mm);
    for (float& mu : volume.mu_per_mm)
        mu = static_cast<float>(rng.uniform(0.0, 0.05));
    return volume;
}

/// Random voxels whose sides are far from equal.
inline MuVolume uneven_volume(std::uint64_t seed, std::array<int, 3> sizes) {
    Rng rng = rng_of(seed);
    return random_volume(rng, sizes, {1.0, 1.2, 1.7});
}

/// A dozen random cubes of 3^3 voxels in much vacuum.
inline MuVolume scattered_cubes(Rng& rng, std::array<int, 3> sizes) {
    MuVolume volume = vacuum(sizes, {1.0, 1.0, 1.2});
    for (int n = 0; n < 12; ++n) {
        const auto place = [&](std::size_t d) {
            return static_cast<int>(rng.uniform(5, sizes[d] - 5));
        };
        const int i = place(0), j = place(1), k = place(2);
        for (int m = 0; m < 27; ++m)
            volume.mu_per_mm[volume.offset(i + m % 3, j + m / 3 % 3, k + m / 9)] =
                static_cast<float>(rng.uniform(0.0, 0.1));
    }
    return volume;
}

inline MuVolume moved(MuVolume volume, const Rigid3& motion) {
    volume.direction = motion.matrix() * volume.direction;
    volume.origin_mm = motion * volume.origin_mm;
    return volume;
}

inline XrayView moved(XrayView view, const Rigid3& motion) {
    view.view_from_world = view.view_from_world * motion.inverse();
    return view;
}

/// A view from `source` along the z axis of `world_from_view`; the principal point is off centre.
inline XrayView view_from(const Rigid3& world_from_view, double sdd_mm, int width_px, int height_px,
                          double pitch_mm) {
    XrayView view;
    view.view_from_world = world_from_view.inverse();
    view.sdd_mm = sdd_mm;
    view.pixel_pitch_mm = {pitch_mm, 1.1 * pitch_mm};
    view.width_px = width_px;
    view.height_px = height_px;
    view.principal_point_px = {0.5 * width_px - 1.3, 0.5 * height_px + 0.4};
    return view;
}

/// The one ray between two points.
inline XrayView one_ray(const Vector3d& from, const Vector3d& to) {
    XrayView view;
    const auto turn = Eigen::Quaterniond::FromTwoVectors(Vector3d::UnitZ(), to - from);
    view.view_from_world = Rigid3(turn, from).inverse();
    view.sdd_mm = (to - from).norm();
    view.pixel_pitch_mm = {1.0, 1.0};
    view.width_px = view.height_px = 1;
    return view;
}

/// The most by which the integral of a ray depends on its direction, over the largest integral.
/// The rays end within the volume, beside it and beyond it.
inline double asymmetry(const drr::Projector& projector, Rng& rng) {
    double most = 0.0, greatest = 0.0;
    for (int trial = 0; trial < 200; ++trial) {
        Vector3d a(rng.normal(), rng.normal(), rng.normal());
        a *= rng.uniform(1, 100) / a.norm();
        const Vector3d b(rng.uniform(-15, 15), rng.uniform(-15, 15), rng.uniform(-15, 15));
        const auto forth = static_cast<double>(projector.line_integrals(one_ray(a, b))(0, 0));
        const auto back = static_cast<double>(projector.line_integrals(one_ray(b, a))(0, 0));
        most = std::max(most, std::abs(forth - back));
        greatest = std::max(greatest, forth);
    }
    return most / greatest;
}

/// The mass of a thin slab in its projection over that of its voxels. Seen from so far that rays
/// are parallel (it is magnified by 1e-7), with a whole number of pixels a voxel.
template <class Projector>
double slab_mass_in_image(Rng& rng) {
    const MuVolume volume = random_volume(rng, {20, 20, 1}, {2, 2, 1.5});
    double mass = 0.0;
    for (const float mu : volume.mu_per_mm)
        mass += static_cast<double>(mu) * 2 * 2 * 1.5;
    XrayView view;
    constexpr double source_mm = 1e8;
    view.view_from_world = Rigid3(Eigen::Quaterniond::Identity(), Vector3d(0, 0, source_mm));
    view.sdd_mm = source_mm + 10;  // beyond what interpolation spreads
    view.pixel_pitch_mm = {0.5, 0.5};
    view.width_px = view.height_px = 100;
    view.principal_point_px = {49.5, 49.5};
    double sum = 0.0;
    const Image<float> image = Projector(volume).line_integrals(view);
    for (const float value : image.pixels())
        sum += static_cast<double>(value) * 0.5 * 0.5;
    return sum / mass;
}

/// From a random side, rolled at random, at the world's origin.
inline XrayView random_view(Rng& rng, double source_origin_mm, double sdd_mm, int width_px,
                            int height_px, double pitch_mm) {
    Rigid3 turn = random_turn(rng);
    turn.translation_mm = turn.rotation * Vector3d(0, 0, -source_origin_mm);
    return view_from(turn, sdd_mm, width_px, height_px, pitch_mm);
}

/// Every voxel as a solid of its own.
inline std::vector<drr::PlacedSolid> cells(const MuVolume& volume) {
    std::vector<drr::PlacedSolid> solids;
    for (int k = 0; k < volume.sizes[2]; ++k)
        for (int j = 0; j < volume.sizes[1]; ++j)
            for (int i = 0; i < volume.sizes[0]; ++i)
                solids.push_back(
                    {{drr::Box{volume.spacing_mm},
                      Rigid3(volume.direction, volume.world_from_index(Vector3d(i, j, k)))},
                     static_cast<double>(volume.at(i, j, k)),
                     1});
    return solids;
}

inline double largest_difference(const Image<float>& a, const Image<float>& b) {
    double most = 0.0;
    for (std::size_t n = 0; n < a.size(); ++n)
        most = std::max(most, static_cast<double>(std::abs(a.pixels()[n] - b.pixels()[n])));
    return most;
}

inline double largest(const Image<float>& image) {
    return static_cast<double>(*std::max_element(image.pixels().begin(), image.pixels().end()));
}

/// sqrt(sum (a - b)^2 / sum b^2).
inline double relative_rms(const Image<float>& a, const Image<float>& b) {
    double squares = 0.0, norm = 0.0;
    for (std::size_t n = 0; n < a.size(); ++n) {
        const double value = static_cast<double>(b.pixels()[n]);
        const double difference = static_cast<double>(a.pixels()[n]) - value;
        squares += difference * difference;
        norm += value * value;
    }
    return std::sqrt(squares / norm);
}

/// The order of convergence: the slope of a straight line through errors against sizes, both
/// logarithmic.
inline double slope(const std::vector<double>& sizes, const std::vector<double>& errors) {
    const auto count = static_cast<Eigen::Index>(sizes.size());
    const Eigen::ArrayXd x = Eigen::Map<const Eigen::ArrayXd>(sizes.data(), count).log();
    const Eigen::ArrayXd y = Eigen::Map<const Eigen::ArrayXd>(errors.data(), count).log();
    return ((x - x.mean()) * y).sum() / (x - x.mean()).square().sum();
}

}  // namespace test
