#include <drr/core/error.hpp>
#include <drr/phantom/brick.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace drr {

const std::vector<BrickPart>& brick_parts() {
    static const std::vector<BrickPart> parts = {
        {"3005", "brick 1x1", 1, 1, 3},
        {"3004", "brick 1x2", 2, 1, 3},
        {"3622", "brick 1x3", 3, 1, 3},
        {"3010", "brick 1x4", 4, 1, 3},
        {"3003", "brick 2x2", 2, 2, 3},
        {"3002", "brick 2x3", 3, 2, 3},
        {"3001", "brick 2x4", 4, 2, 3},
        {"2456", "brick 2x6", 6, 2, 3},
        {"3700", "Technic brick 1x2", 2, 1, 3, true, true, 4.8},
        {"3700-5", "Technic 1x2, 5 mm hole", 2, 1, 3, true, true, 5.02},
        {"3024", "plate 1x1", 1, 1, 1},
        {"3023", "plate 1x2", 2, 1, 1},
        {"3623", "plate 1x3", 3, 1, 1},
        {"3710", "plate 1x4", 4, 1, 1},
        {"3022", "plate 2x2", 2, 2, 1},
        {"3021", "plate 2x3", 3, 2, 1},
        {"3020", "plate 2x4", 4, 2, 1},
        {"3795", "plate 2x6", 6, 2, 1},
        {"3034", "plate 2x8", 8, 2, 1},
        {"3068", "tile 2x2", 2, 2, 1, false},
        {"3068b", "tile 2x2 with groove", 2, 2, 1, false},
    };
    return parts;
}

const BrickPart& brick_part(std::string_view id) {
    const auto& parts = brick_parts();
    const auto found = std::find_if(parts.begin(), parts.end(),
                                    [&](const BrickPart& part) { return part.id == id; });
    if (found != parts.end()) return *found;
    std::string known;
    for (const BrickPart& part : parts)
        known += fmt::format("{}{}", known.empty() ? "" : ", ", part.id);
    throw Error(ErrorCode::usage, fmt::format("unknown LEGO part '{}'; known: {}", id, known));
}

}  // namespace drr
