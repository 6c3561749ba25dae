#pragma once

#include <drr/core/error.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace drr {

/// Rows [first, last) of an image.
struct RowRange {
    int first = 0;
    int last = 0;
    [[nodiscard]] int count() const noexcept { return last - first; }
};

/// A single-channel image, row by row without padding. Pixel (0,0) is the centre of the first
/// pixel; the column grows to the right, the row downwards.
template <class T>
class Image {
  public:
    Image() = default;

    /// A width x height image filled with `value`. Throws Error(usage) for a negative size.
    Image(int width, int height, T value = T{}) : width_(width), height_(height) {
        require(width >= 0 && height >= 0, "an image's size must not be negative");
        pixels_.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), value);
    }

    [[nodiscard]] int width() const noexcept { return width_; }
    [[nodiscard]] int height() const noexcept { return height_; }
    [[nodiscard]] bool empty() const noexcept { return pixels_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return pixels_.size(); }

    [[nodiscard]] T& operator()(int column, int row) noexcept {
        return pixels_[index(column, row)];
    }
    [[nodiscard]] const T& operator()(int column, int row) const noexcept {
        return pixels_[index(column, row)];
    }
    [[nodiscard]] T* row(int row) noexcept { return pixels_.data() + index(0, row); }
    [[nodiscard]] const T* row(int row) const noexcept { return pixels_.data() + index(0, row); }
    [[nodiscard]] std::vector<T>& pixels() noexcept { return pixels_; }
    [[nodiscard]] const std::vector<T>& pixels() const noexcept { return pixels_; }

    friend bool operator==(const Image&, const Image&) = default;

  private:
    [[nodiscard]] std::size_t index(int column, int row) const noexcept {
        return static_cast<std::size_t>(row) * static_cast<std::size_t>(width_) +
               static_cast<std::size_t>(column);
    }

    int width_ = 0;
    int height_ = 0;
    std::vector<T> pixels_;
};

/// Those rows as an image of their own. They must be rows of the image.
template <class T>
[[nodiscard]] Image<T> rows_of(const Image<T>& image, RowRange rows) {
    Image<T> result(image.width(), rows.count());
    std::copy_n(image.row(rows.first), result.size(), result.pixels().begin());
    return result;
}

}  // namespace drr
