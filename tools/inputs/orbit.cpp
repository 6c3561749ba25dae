#include "inputs/orbit.hpp"

#include "inputs/colon_numbers.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <cstddef>

namespace tools {
namespace {

constexpr double max_frames = 100000;
// Of a step: 0:1:0.1 has to end at 1 although 10 * 0.1 may round to more.
constexpr double rounding = 1e-6;

drr::XrayView turned(drr::XrayView view, const Eigen::Vector3d& centre_mm, double angle_rad) {
    const Eigen::Quaterniond turn(Eigen::AngleAxisd(angle_rad, Eigen::Vector3d::UnitZ()));
    const drr::Rigid3 turned_from_world(turn, centre_mm - turn * centre_mm);
    view.view_from_world = view.view_from_world * turned_from_world.inverse();
    return view;
}

}  // namespace

std::vector<double> Orbit::angles_deg() const {
    const double steps = std::floor((stop_deg - start_deg) / step_deg + rounding);
    std::vector<double> angles;
    for (double n = 0.0; n <= steps; ++n)
        angles.push_back(start_deg + n * step_deg);
    const double turn_deg = std::abs(std::remainder(angles.back() - start_deg, 360.0));
    if (angles.size() > 1 && turn_deg < rounding * std::abs(step_deg)) angles.pop_back();
    return angles;
}

Orbit read_orbit(const std::string& text) {
    const auto numbers = colon_numbers(text, "--orbit", "START:STOP:STEP");
    const Orbit orbit{numbers[0], numbers[1], numbers[2]};
    const double steps = (orbit.stop_deg - orbit.start_deg) / orbit.step_deg;
    if (!(steps >= 0.0 && steps < max_frames))
        throw drr::Error(drr::ErrorCode::usage,
                         "'" + text + "' has no step from START to STOP, or more than 100000",
                         "--orbit");
    return orbit;
}

std::vector<NamedView> orbit_frames(const std::vector<NamedView>& views, const Orbit& orbit,
                                    const Eigen::Vector3d& isocentre_in_world_mm) {
    std::vector<NamedView> frames;
    int number = 0;
    for (const double angle_deg : orbit.angles_deg()) {
        for (const NamedView& view : views)
            frames.push_back({fmt::format("{}-{:04}", view.name, number),
                              turned(view.view, isocentre_in_world_mm, drr::degree * angle_deg),
                              view.series, number + 1, angle_deg});
        ++number;
    }
    return frames;
}

}  // namespace tools
