#pragma once

#include <Eigen/Core>

#include <filesystem>

namespace test {

/// The largest 6 x N matrix of doubles in a MATLAB 5 file with compressed variables: where the
/// hand-picked matches of the photograph pairs stand, homogeneous, the first image's first.
[[nodiscard]] Eigen::Matrix<double, 6, Eigen::Dynamic> read_mat_matches(
    const std::filesystem::path& path);

}  // namespace test
