#pragma once

#include "image_projection.hpp"

#include <drr/geometry/marker_sights.hpp>

namespace stereo {

/// Residuals of an image's markers and their derivatives by the view's numbers, in standard
/// deviations as the loss weighs them. A column a number, the residuals last; a row a marker, those
/// along columns of pixels first, then those along rows, each with zeros up to whole registers.
struct MarkerRows {
    drr::MarkerSights sights;
    Eigen::Matrix<double, Eigen::Dynamic, view_columns + 1> values;
    double loss = 0.0;

    [[nodiscard]] Eigen::Index row(std::size_t marker, int axis) const {
        return axis * (values.rows() / 2) + static_cast<Eigen::Index>(marker);
    }
    [[nodiscard]] Eigen::Matrix<double, 2, view_columns> by_view(std::size_t marker) const {
        Eigen::Matrix<double, 2, view_columns> result;
        for (int axis = 0; axis < 2; ++axis)
            result.row(axis) = values.row(row(marker, axis)).head<view_columns>();
        return result;
    }
    [[nodiscard]] Eigen::Vector2d residual(std::size_t marker) const {
        return {values(row(marker, 0), view_columns), values(row(marker, 1), view_columns)};
    }
};

/// Fills the rows, whose memory serves for image after image, in registers of as many numbers as
/// the machine has. False, and the rows say nothing, where a marker lies behind the source.
[[nodiscard]] bool fill_rows(const Observations& observations, const ImageObservations& image,
                             const BundleState& state, const ImageProjection& projection,
                             const CalibrationOptions& options, MarkerRows& rows);

}  // namespace stereo
