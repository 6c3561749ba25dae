#pragma once

#include <stereo/track/track_beads.hpp>

#include <span>
#include <string>

namespace stereo {

/// XMALab's 2D points: header `m_cam1_X,m_cam1_Y,m_cam2_X,m_cam2_Y` for each bead, one row a frame,
/// pixels as in `frames` (0-based, centre of the first pixel, y down), NaN where a bead is not
/// certainly seen. Throws drr::Error(usage) when the counts of frames differ.
[[nodiscard]] std::string points2d_csv(const TrackResult& tracks,
                                       std::span<const FrameDetections> frames);

/// XMALab's 3D points: header `m_X,m_Y,m_Z` for each bead, one row a frame, mm; NaN where a bead is
/// not certainly seen in both views.
[[nodiscard]] std::string points3d_csv(const TrackResult& tracks);

/// XMALab's rigid body: header `b_R11,b_R12,b_R13,b_01,...,b_TX,b_TY,b_TZ,b_1`, one row a frame:
/// the 4x4 matrix world_from_body column by column, mm; NaN where the body is not found.
[[nodiscard]] std::string rigid_body_csv(const BodyTrack& body);

}  // namespace stereo
