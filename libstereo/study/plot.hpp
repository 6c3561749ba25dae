#pragma once

#include "svg.hpp"

#include <string_view>

namespace stereo {

/// The data window of a plot and where it stands in the drawing.
struct Plot {
    Eigen::Vector2d data_min = Eigen::Vector2d::Zero();
    Eigen::Vector2d data_max = Eigen::Vector2d::Ones();
    Eigen::Vector2d top_left = Eigen::Vector2d::Zero();
    Eigen::Vector2d size = Eigen::Vector2d::Ones();

    /// Data to drawing; data y grows upwards.
    [[nodiscard]] Eigen::Vector2d at(double x, double y) const;
    [[nodiscard]] double units_per_x() const { return size.x() / (data_max.x() - data_min.x()); }
    [[nodiscard]] double units_per_y() const { return size.y() / (data_max.y() - data_min.y()); }
};

/// The smallest of 1, 2, 5 times a power of ten that is not below `value` > 0.
[[nodiscard]] double nice_above(double value);

/// Draws the frame, ticks and labels of a plot.
void draw_axes(Svg& svg, const Plot& plot, std::string_view x_label, std::string_view y_label);

}  // namespace stereo
