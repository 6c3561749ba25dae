#pragma once

#include <drr/phantom/marker_phantom.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace drr {

// Files by which XMALab and the programs around it know a calibration object. A bead has no id in
// them: it is counted from 1 in the order of the file.

/// In what a frame specification gives lengths; the file itself does not say.
enum class LengthUnit { mm, cm };

/// The unit "mm" or "cm". Throws Error(usage) for another.
[[nodiscard]] LengthUnit length_unit(const std::string& name);

struct FrameSpecificationOptions {
    LengthUnit unit = LengthUnit::mm;
    bool white_beads = false;  ///< beads are brighter than what is around them
    bool names = false;        ///< a fourth column; older scripts take numbers only
};

/// The text of a frame specification: the header `x,y,z` (`x,y,z,white` for bright beads), then one
/// bead a line in the order of the phantom's beads. References are no beads and are left out.
[[nodiscard]] std::string frame_specification_csv(const MarkerPhantom& phantom,
                                                  const FrameSpecificationOptions& options = {});

/// What a frame specification leaves open.
struct FrameSpecificationReadOptions {
    LengthUnit unit = LengthUnit::mm;
    double bead_diameter_mm = 0.0;
    std::string bead_material = "steel";

    /// Throws Error(usage) unless the diameter is positive and finite.
    void validate() const;
};

struct FrameSpecification {
    MarkerPhantom phantom;  ///< beads with ids from 1, named as in the file or b01, b02, ...
    bool white_beads = false;
};

/// Reads a frame specification: a header line, then x,y,z or x,y,z,name a line; `name` stands for
/// the file in messages and becomes the phantom's name without its folder and extension. In the
/// header the word `white` says that beads are bright, and three cells such as s10,s10,s10 that all
/// lengths are to be multiplied by 10 along x, y and z. Blank lines, spaces, a byte order mark, the
/// line ends of any system and one comma at the end of a line are taken. Throws Error(invalid_file)
/// with file and line for what is no finite number, another number of columns, a missing header
/// (XMALab skips the first line, whatever it is), no beads, and beads that overlap, as they do when
/// centimetres are read as millimetres.
[[nodiscard]] FrameSpecification parse_frame_specification(
    const std::string& text, const std::string& name, const FrameSpecificationReadOptions& options);

/// The same from a file. Throws Error(io) when it cannot be read.
[[nodiscard]] FrameSpecification read_frame_specification(
    const std::filesystem::path& path, const FrameSpecificationReadOptions& options);

/// A bead that a shape of lead marks.
struct MarkedBead {
    int number = 0;  ///< of the bead in the frame specification, from 1
    std::string name;

    friend bool operator==(const MarkedBead&, const MarkedBead&) = default;
};

/// The beads that the phantom's references mark: the one nearest to each. Throws Error(usage) when
/// the phantom has no references, when two beads are equally near (within 0.1 mm), and when two
/// references mark the same bead.
[[nodiscard]] std::vector<MarkedBead> marked_beads(const MarkerPhantom& phantom);

/// The text of a file of references (.ref): number, space, name, one bead a line. Throws
/// Error(usage) for a name with a space or comma, which XMALab does not take.
[[nodiscard]] std::string references_text(const std::vector<MarkedBead>& beads);

/// Reads such a file for an object of `bead_count` beads. Throws Error(invalid_file) with file and
/// line for anything else than number, space, name, for a number that no bead has and for one or a
/// name that is given twice.
[[nodiscard]] std::vector<MarkedBead> parse_references(const std::string& text,
                                                       const std::string& name, int bead_count);

/// The same from a file. Throws Error(io) when it cannot be read.
[[nodiscard]] std::vector<MarkedBead> read_references(const std::filesystem::path& path,
                                                      int bead_count);

}  // namespace drr
