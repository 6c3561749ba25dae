#pragma once

#include <stereo/calib/calibration.hpp>

#include <map>
#include <vector>

namespace stereo {

/// One view as cv::calibrateCamera left it.
struct CameraFit {
    drr::Pinhole pinhole;
    std::map<int, drr::Rigid3> view_from_phantom;  ///< of each pose that took part
};

/// Covariance of the views of a calibration that was put together from the fits of single views and
/// of the motions between them with intrinsics held fixed, first order: pixels move the first fits
/// (N^-1 J^T), pixels and intrinsics the second ones, and the world is the phantom's pose in the
/// first fit of view 0. Fills `parameters` and `covariance` of the result, whose views are
/// complete; leaves them empty where nothing tells the noise.
void add_opencv_covariance(const Observations& observations, const CalibrationOptions& options,
                           const std::vector<CameraFit>& fits, Calibration& result);

}  // namespace stereo
