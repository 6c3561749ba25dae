#pragma once

#include <drr/phantom/solid.hpp>

#include <Eigen/Core>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drr {

/// Sizes of LEGO parts, mm. Moulds differ by part and year; where sources disagree, the default is
/// the value with which bricks that are stuck together touch and do not overlap. [C] R. Cailliau,
/// cailliau.org "Lego: Dimensions"; [B] C. Bartneck, "LEGO brick dimensions and measurements", 2019
/// (drawings of 3001, 3020, 3701); [P] commonly published.
struct BrickDimensions {
    double pitch_mm = 8.0;              ///< from stud to stud [C, B]
    double plate_height_mm = 3.2;       ///< a third of a brick's 9.6 [C, B]
    double clearance_mm = 0.2;          ///< a footprint is this much smaller than its cells [C, B]
    double wall_mm = 1.5;               ///< 1.2 to 1.5 [B]; 1.5 reaches the studs without ribs
    double roof_mm = 1.0;               ///< [C]
    double stud_diameter_mm = 4.8;      ///< 4.8 [B] to 4.9, an interference fit [C]
    double stud_height_mm = 1.8;        ///< [C]; 1.7 [B]
    double tube_diameter_mm = 6.51;     ///< 6.41 [C] to 6.51 [B]; 6.5137 touches four studs
    double tube_bore_mm = 4.8;          ///< takes a stud [B]
    double pin_diameter_mm = 3.2;       ///< under parts one stud wide; touches two studs [P]
    double stud_bore_mm = 3.2;          ///< of hollow studs: takes a bar of 3.18 [P]
    double hole_height_mm = 5.8;        ///< Technic hole: its axis above the bottom [B]
    double counterbore_mm = 6.2;        ///< Technic hole: the wider rim [B]
    double counterbore_depth_mm = 0.8;  ///< [B]
    /// The plastic around a Technic hole inside the brick is a block of this width, from as far
    /// below the hole's axis up to the roof: the section of the real boss, a ring of 1.2 mm that
    /// runs into the roof, made of a convex primitive.
    double hole_block_mm = 6.4;
};

/// A kind of LEGO part. Its own frame: origin at the middle of the footprint at the bottom of the
/// body, x along the longer side, z up through the studs.
struct BrickPart {
    std::string_view id;  ///< design number, as parts lists have it
    std::string_view name;
    int studs_x = 1;  ///< at least studs_y
    int studs_y = 1;
    int plates = 3;  ///< height; a brick has 3
    bool has_studs = true;
    bool hollow_studs = false;      ///< bored through stud and roof
    double hole_diameter_mm = 0.0;  ///< of the Technic hole along y; 0 for none
};

/// All parts that are known, by design number.
[[nodiscard]] const std::vector<BrickPart>& brick_parts();

/// The part of a design number. Throws Error(usage) with the numbers that are known.
[[nodiscard]] const BrickPart& brick_part(std::string_view id);

/// Sizes of what was built over those of the design: 7.986 / 8 across and 9.56 / 9.6 in height are
/// figures measured on real LEGO (Munafo in the LUGNET building FAQ; a stack of 200 bricks,
/// reported at [B]).
struct BrickScale {
    double across = 1.0;
    double height = 1.0;
};

/// A part in its own frame as a signed sum of convex primitives of ABS, which is 0 or 1 in every
/// point. `scale` stretches all of it; a Technic hole stays round.
[[nodiscard]] std::vector<SolidPart> brick_solids(const BrickPart& part,
                                                  const BrickScale& scale = {},
                                                  const BrickDimensions& dimensions = {});

/// The middle of a stud's foot in the part's frame, also of one that a tile lacks; (0, 0) is the
/// stud at low x and low y.
[[nodiscard]] Eigen::Vector3d stud_foot_mm(const BrickPart& part, int stud_x, int stud_y,
                                           const BrickDimensions& dimensions = {});

/// The axis along which a part holds a ball at this place in its frame: that of a bored stud, of
/// the Technic hole, of the underside (where a stud would enter, or in a tube), or z on the flat
/// top of a tile. None when the part does not hold it: the ball reaches beyond the bore's wall, its
/// centre is outside the bore (for a stud, by more than half its radius above the rim), or it is
/// more than 1.5 mm of glue above the tile.
[[nodiscard]] std::optional<Eigen::Vector3d> seat_axis(const BrickPart& part,
                                                       const Eigen::Vector3d& center_mm,
                                                       double diameter_mm,
                                                       const BrickDimensions& dimensions = {});

}  // namespace drr
