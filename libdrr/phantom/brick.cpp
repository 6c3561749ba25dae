#include <drr/phantom/brick.hpp>

#include <cmath>
#include <numbers>

namespace drr {
namespace {

using Eigen::Vector3d;

// Collects primitives given in nominal millimetres.
class SolidSum {
  public:
    SolidSum(std::string_view part, const BrickScale& scale)
        : part_(part), stretch_(scale.across, scale.across, scale.height) {}

    void box(int sign, const char* what, const Vector3d& low, const Vector3d& high) {
        add(sign, what, Box{stretch_.cwiseProduct(high - low)}, 0.5 * (low + high));
    }

    void upright(int sign, const char* what, const Vector3d& foot, double length, double diameter) {
        add(sign, what, Cylinder{0.5 * diameter * stretch_.x(), length * stretch_.z()},
            foot + Vector3d(0.0, 0.0, 0.5 * length));
    }

    void along_y(int sign, const char* what, const Vector3d& center, double length,
                 double diameter) {
        static const Eigen::Quaterniond y_from_z(
            Eigen::AngleAxisd(-0.5 * std::numbers::pi, Vector3d::UnitX()));
        add(sign, what, Cylinder{0.5 * diameter * stretch_.x(), length * stretch_.y()}, center,
            y_from_z);
    }

    [[nodiscard]] std::vector<SolidPart> take() { return std::move(solids_); }

  private:
    void add(int sign, const char* what, std::variant<Sphere, Box, Cylinder> form,
             const Vector3d& center,
             const Eigen::Quaterniond& rotation = Eigen::Quaterniond::Identity()) {
        solids_.push_back({part_ + " " + what,
                           {std::move(form), {rotation, stretch_.cwiseProduct(center)}},
                           "abs",
                           sign});
    }

    std::string part_;
    Vector3d stretch_;
    std::vector<SolidPart> solids_;
};

Vector3d half_footprint(const BrickPart& part, const BrickDimensions& d) {
    return {0.5 * (part.studs_x * d.pitch_mm - d.clearance_mm),
            0.5 * (part.studs_y * d.pitch_mm - d.clearance_mm), 0.0};
}

double body_height(const BrickPart& part, const BrickDimensions& d) {
    return part.plates * d.plate_height_mm;
}

// The middles of the tubes or pins: between four studs, or between two in a single row.
std::vector<Vector3d> tube_feet(const BrickPart& part, const BrickDimensions& d) {
    std::vector<Vector3d> feet;
    const int rows = std::max(1, part.studs_y - 1);
    for (int j = 0; j < rows; ++j)
        for (int i = 0; i + 1 < part.studs_x; ++i)
            feet.emplace_back(d.pitch_mm * (i + 1 - 0.5 * part.studs_x),
                              d.pitch_mm * (j - 0.5 * (rows - 1)), 0.0);
    return feet;
}

void add_underside(const BrickPart& part, const BrickDimensions& d, double ceiling, SolidSum& sum) {
    for (const Vector3d& foot : tube_feet(part, d))
        if (part.studs_y > 1) {
            sum.upright(1, "tube", foot, ceiling, d.tube_diameter_mm);
            sum.upright(-1, "tube's bore", foot, ceiling, d.tube_bore_mm);
        } else {
            sum.upright(1, "pin", foot, ceiling, d.pin_diameter_mm);
        }
}

void add_hole(const BrickPart& part, const BrickDimensions& d, double ceiling, SolidSum& sum) {
    const double half_block = 0.5 * d.hole_block_mm;
    const double half_y = half_footprint(part, d).y();
    const double inner_y = half_y - d.wall_mm;
    const double rim_y = half_y - d.counterbore_depth_mm;
    sum.box(1, "block of the hole", {-half_block, -inner_y, d.hole_height_mm - half_block},
            {half_block, inner_y, ceiling});
    sum.along_y(-1, "hole", {0.0, 0.0, d.hole_height_mm}, 2.0 * rim_y, part.hole_diameter_mm);
    for (const double side : {-1.0, 1.0})
        sum.along_y(-1, "rim of the hole",
                    {0.0, side * (rim_y + 0.5 * d.counterbore_depth_mm), d.hole_height_mm},
                    d.counterbore_depth_mm, d.counterbore_mm);
}

// Rounding of positions that were computed from the same numbers.
constexpr double rounding_mm = 1e-9;
// A ball on a tile is glued on; a drop of glue thicker than this holds nothing in its place.
constexpr double max_glue_mm = 1.5;

}  // namespace

Vector3d stud_foot_mm(const BrickPart& part, int stud_x, int stud_y, const BrickDimensions& d) {
    return {d.pitch_mm * (stud_x - 0.5 * (part.studs_x - 1)),
            d.pitch_mm * (stud_y - 0.5 * (part.studs_y - 1)), body_height(part, d)};
}

std::vector<SolidPart> brick_solids(const BrickPart& part, const BrickScale& scale,
                                    const BrickDimensions& d) {
    SolidSum sum(part.id, scale);
    const Vector3d half = half_footprint(part, d);
    const Vector3d wall(d.wall_mm, d.wall_mm, 0.0);
    const Vector3d height(0.0, 0.0, body_height(part, d));
    const Vector3d ceiling = height - Vector3d(0.0, 0.0, d.roof_mm);
    sum.box(1, "body", -half, half + height);
    sum.box(-1, "cavity", wall - half, half - wall + ceiling);
    if (part.hole_diameter_mm > 0.0)
        add_hole(part, d, ceiling.z(), sum);
    else
        add_underside(part, d, ceiling.z(), sum);
    if (part.has_studs)
        for (int j = 0; j < part.studs_y; ++j)
            for (int i = 0; i < part.studs_x; ++i) {
                const Vector3d foot = stud_foot_mm(part, i, j, d);
                sum.upright(1, "stud", foot, d.stud_height_mm, d.stud_diameter_mm);
                if (part.hollow_studs)
                    sum.upright(-1, "stud's bore", foot - Vector3d(0.0, 0.0, d.roof_mm),
                                d.roof_mm + d.stud_height_mm, d.stud_bore_mm);
            }
    return sum.take();
}

std::optional<Vector3d> seat_axis(const BrickPart& part, const Vector3d& center_mm,
                                  double diameter_mm, const BrickDimensions& d) {
    const double radius = 0.5 * diameter_mm;
    const double height = body_height(part, d);
    const double ceiling = height - d.roof_mm;
    const auto in_bore = [&](const Vector3d& foot, double bore_mm, double low, double high) {
        const double off = (center_mm - foot).head<2>().norm();
        return off + radius <= 0.5 * bore_mm + rounding_mm && center_mm.z() >= low &&
               center_mm.z() <= high;
    };
    for (int j = 0; j < part.studs_y; ++j)
        for (int i = 0; i < part.studs_x; ++i) {
            const Vector3d foot = stud_foot_mm(part, i, j, d);
            if (part.has_studs && part.hollow_studs &&
                in_bore(foot, d.stud_bore_mm, ceiling, height + d.stud_height_mm + 0.5 * radius))
                return Vector3d::UnitZ();
            if (in_bore(foot, d.stud_diameter_mm, 0.0, ceiling)) return Vector3d::UnitZ();
        }
    if (part.hole_diameter_mm > 0.0) {
        const double off = std::hypot(center_mm.x(), center_mm.z() - d.hole_height_mm);
        if (off + radius <= 0.5 * part.hole_diameter_mm + rounding_mm &&
            std::abs(center_mm.y()) <= half_footprint(part, d).y())
            return Vector3d::UnitY();
    } else if (part.studs_y > 1) {
        for (const Vector3d& foot : tube_feet(part, d))
            if (in_bore(foot, d.tube_bore_mm, 0.0, ceiling)) return Vector3d::UnitZ();
    }
    const Vector3d half = half_footprint(part, d);
    const bool above = std::abs(center_mm.x()) <= half.x() && std::abs(center_mm.y()) <= half.y();
    const double gap = center_mm.z() - radius - height;
    if (!part.has_studs && above && gap >= -rounding_mm && gap <= max_glue_mm)
        return Vector3d::UnitZ();
    return std::nullopt;
}

}  // namespace drr
