#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tools {

/// The bytes of a PNG of at most 256 colours, a quarter of the size of one in full colour for a
/// drawing. Where the picture has more, colours that differ least become their mean. `pixels` are
/// red, green, blue, row by row. Throws drr::Error(usage) for a picture without pixels or of
/// another number of them.
[[nodiscard]] std::string palette_png(int width_px, int height_px,
                                      const std::vector<std::array<std::uint8_t, 3>>& pixels);

}  // namespace tools
