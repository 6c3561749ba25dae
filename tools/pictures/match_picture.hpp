#pragma once

#include <Eigen/Core>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tools {

/// One match as it is drawn in both views.
struct DrawnMatch {
    std::string name;
    std::array<Eigen::Vector2d, 2> pixel;
    std::array<Eigen::Vector2d, 2> corrected;  ///< where its residual points to
    bool is_bad = false;                       ///< drawn red, with its name
};

struct MatchPicture {
    /// Radiographs to draw over; white where there is none.
    std::array<std::optional<std::filesystem::path>, 2> images;
    std::array<Eigen::Vector2i, 2> size_px;  ///< of the fields without image
    /// Epipolar lines are drawn where there is one: b^T F a = 0.
    std::optional<Eigen::Matrix3d> fundamental;
    std::string title;
};

/// Writes both views side by side as PNG: matches, epipolar lines of all bad ones and of as many
/// good ones as can be told from each other, and residuals, magnified as far
/// as the median one stays short (a scale bar says by how much; bad ones are drawn as they are).
/// Throws drr::Error(io).
void write_match_picture(const std::filesystem::path& path, const MatchPicture& picture,
                         const std::vector<DrawnMatch>& matches);

}  // namespace tools
