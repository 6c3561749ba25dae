#include <drr/core/error.hpp>
#include <stereo/track/xmalab_csv.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace stereo {
namespace {

constexpr double not_seen = std::numeric_limits<double>::quiet_NaN();

void append(std::string& row, double value) {
    if (!row.empty()) row += ',';
    row += std::isnan(value) ? "NaN" : fmt::format("{:.6f}", value);
}

void append(std::string& header, const std::string& column) {
    if (!header.empty()) header += ',';
    header += column;
}

}  // namespace

std::string points2d_csv(const TrackResult& tracks, std::span<const FrameDetections> frames) {
    drr::require(frames.size() == tracks.unexplained.size(), "tracks of other frames");
    std::string text;
    for (const BeadTrack& bead : tracks.beads)
        for (const char* column : {"_cam1_X", "_cam1_Y", "_cam2_X", "_cam2_Y"})
            append(text, bead.name + column);
    text += '\n';
    for (std::size_t f = 0; f < frames.size(); ++f) {
        std::string row;
        for (const BeadTrack& bead : tracks.beads)
            for (std::size_t view = 0; view < 2; ++view) {
                const BeadSample& sample = bead.samples[f];
                const bool seen = sample.certain(view);
                for (Eigen::Index axis = 0; axis < 2; ++axis)
                    append(row,
                           seen ? frames[f][view][sample.detection[view]].pixel[axis] : not_seen);
            }
        text += row + '\n';
    }
    return text;
}

std::string points3d_csv(const TrackResult& tracks) {
    std::string text;
    for (const BeadTrack& bead : tracks.beads)
        for (const char* column : {"_X", "_Y", "_Z"})
            append(text, bead.name + column);
    text += '\n';
    for (std::size_t f = 0; f < tracks.unexplained.size(); ++f) {
        std::string row;
        for (const BeadTrack& bead : tracks.beads)
            for (Eigen::Index axis = 0; axis < 3; ++axis)
                append(row, bead.samples[f].point ? bead.samples[f].point->point_in_world_mm[axis]
                                                  : not_seen);
        text += row + '\n';
    }
    return text;
}

std::string rigid_body_csv(const BodyTrack& body) {
    std::string text;
    for (const char* column : {"_R11", "_R12", "_R13", "_01", "_R21", "_R22", "_R23", "_02", "_R31",
                               "_R32", "_R33", "_03", "_TX", "_TY", "_TZ", "_1"})
        append(text, body.name + column);
    text += '\n';
    for (const std::optional<BodySample>& sample : body.samples) {
        Eigen::Matrix4d matrix = Eigen::Matrix4d::Constant(not_seen);
        if (sample) {
            matrix.setIdentity();
            matrix.topRows<3>() = sample->world_from_body.matrix34();
        }
        std::string row;
        for (const double value : matrix.reshaped())  // column by column
            append(row, value);
        text += row + '\n';
    }
    return text;
}

}  // namespace stereo
