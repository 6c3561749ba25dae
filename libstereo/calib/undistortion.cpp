#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <stereo/calib/undistortion.hpp>

#include <Eigen/LU>
#include <opencv2/imgproc.hpp>

#include <cmath>

namespace stereo {
namespace {

constexpr double converged_px = 1e-9;
// What rounding of coordinates of thousands of pixels, and of a table's floats, leaves at most.
constexpr double accepted_px = 1e-7;
constexpr int max_iterations = 50;
constexpr int max_halvings = 30;

std::optional<MappedPoint> map_at(const DistortionMap& map, const Eigen::Vector2d& p) {
    return std::visit([&](const auto& m) { return m.at(p); }, map);
}

/// A place where the map is defined, as near to the wanted one as the first guess needs to be.
Eigen::Vector2d first_guess(const Undistortion& undistortion, const Eigen::Vector2d& distorted) {
    if (map_at(undistortion.map, distorted)) return distorted;
    if (undistortion.field_px.empty())
        return {0.5 * (undistortion.width_px - 1), 0.5 * (undistortion.height_px - 1)};
    Eigen::Vector2d middle = Eigen::Vector2d::Zero();
    for (const Eigen::Vector2d& corner : undistortion.field_px)
        middle += corner / static_cast<double>(undistortion.field_px.size());
    return middle;
}

}  // namespace

std::string_view name_of(const DistortionMap& map) {
    struct Name {
        std::string_view operator()(const NoDistortion&) const { return "none"; }
        std::string_view operator()(const BrownConradyMap&) const { return "brown_conrady"; }
        std::string_view operator()(const GlobalPolynomialMap&) const { return "polynomial"; }
        std::string_view operator()(const ThinPlateMap&) const { return "thin_plate"; }
        std::string_view operator()(const LocalWeightedMeanMap&) const {
            return "local_weighted_mean";
        }
        std::string_view operator()(const LookupMap&) const { return "lookup"; }
    };
    return std::visit(Name{}, map);
}

bool within(const std::vector<Eigen::Vector2d>& polygon, const Eigen::Vector2d& point) {
    bool left = false;
    bool right = false;
    for (std::size_t i = 0; i < polygon.size(); ++i) {
        const Eigen::Vector2d side = polygon[(i + 1) % polygon.size()] - polygon[i];
        const Eigen::Vector2d to = point - polygon[i];
        const double turn = side.x() * to.y() - side.y() * to.x();
        left = left || turn > 0.0;
        right = right || turn < 0.0;
    }
    return !(left && right);
}

std::optional<MappedPoint> Undistortion::distort(const Eigen::Vector2d& undistorted_px) const {
    if (!undistorted_px.allFinite() || !within(field_px, undistorted_px)) return std::nullopt;
    return map_at(map, undistorted_px);
}

std::optional<MappedPoint> Undistortion::undistort(const Eigen::Vector2d& distorted_px) const {
    if (!distorted_px.allFinite()) return std::nullopt;
    Eigen::Vector2d p = first_guess(*this, distorted_px);
    std::optional<MappedPoint> seen = map_at(map, p);
    if (!seen) return std::nullopt;
    double error = (seen->point_px - distorted_px).norm();
    // Steps that leave the map's domain or do not come nearer are halved: a table's cells and the
    // last digits end it.
    for (int iteration = 0; iteration < max_iterations && error > converged_px; ++iteration) {
        Eigen::Vector2d step =
            seen->jacobian.partialPivLu().solve(Eigen::Vector2d(distorted_px - seen->point_px));
        if (!step.allFinite()) return std::nullopt;
        bool nearer = false;
        for (int halving = 0; halving < max_halvings && !nearer; ++halving, step *= 0.5) {
            const auto next = map_at(map, p + step);
            if (!next || !((next->point_px - distorted_px).norm() < error)) continue;
            nearer = true;
            p += step;
            seen = next;
            error = (seen->point_px - distorted_px).norm();
        }
        if (!nearer) break;
    }
    if (error > accepted_px || !within(field_px, p)) return std::nullopt;
    return MappedPoint{p, seen->jacobian.inverse()};
}

LookupMap lookup_map(const Undistortion& undistortion) {
    if (const auto* table = std::get_if<LookupMap>(&undistortion.map)) return *table;
    LookupMap table{drr::Image<float>(undistortion.width_px, undistortion.height_px, -1.0F),
                    drr::Image<float>(undistortion.width_px, undistortion.height_px, -1.0F)};
    drr::parallel_for(static_cast<std::size_t>(undistortion.height_px), [&](std::size_t row) {
        const int v = static_cast<int>(row);
        for (int u = 0; u < undistortion.width_px; ++u) {
            const auto seen = undistortion.distort({u, v});
            // A place above or left of the image cannot be told from none, and is not seen either.
            if (!seen || (seen->point_px.array() < 0.0).any()) continue;
            table.u_px(u, v) = static_cast<float>(seen->point_px.x());
            table.v_px(u, v) = static_cast<float>(seen->point_px.y());
        }
    });
    return table;
}

drr::Image<float> undistort_image(const drr::Image<float>& image,
                                  const Undistortion& undistortion) {
    drr::require(image.width() == undistortion.width_px && image.height() == undistortion.height_px,
                 "an image and its undistortion must be of one size");
    LookupMap table = lookup_map(undistortion);
    // OpenCV takes no const pixels; they are not written to.
    const auto header = [](const drr::Image<float>& pixels) {
        return cv::Mat(pixels.height(), pixels.width(), CV_32F,
                       const_cast<float*>(pixels.pixels().data()));
    };
    drr::Image<float> result(image.width(), image.height());
    cv::Mat target = header(result);
    cv::remap(header(image), target, header(table.u_px), header(table.v_px), cv::INTER_CUBIC,
              cv::BORDER_CONSTANT, cv::Scalar(0));
    for (int v = 0; v < image.height(); ++v)
        for (int u = 0; u < image.width(); ++u)
            if (table.u_px(u, v) < 0.0F) result(u, v) = 0.0F;
    return result;
}

}  // namespace stereo
