#pragma once

#include <Eigen/Core>

#include <array>
#include <cstddef>
#include <vector>

namespace drr {

/// Markers of a phantom and where they were seen, quantity by quantity for the processor's vectors.
class MarkerSights {
  public:
    enum Quantity { x_mm, y_mm, z_mm, u_px, v_px, weight_per_px, quantity_count };

    MarkerSights() = default;
    /// Room for so many.
    explicit MarkerSights(std::size_t capacity) { start(capacity); }
    /// None, and room for so many, in the memory that is there.
    void start(std::size_t capacity) {
        size_ = 0;
        capacity_ = padded(capacity);
        values_.assign(quantity_count * capacity_, 0.0);
    }
    /// A marker's place in the phantom, its pixel and its standard deviation along each axis.
    void add(const Eigen::Vector3d& point_mm, const Eigen::Vector2d& pixel, double sd_px) {
        const std::array<double, quantity_count> sight = {point_mm.x(), point_mm.y(), point_mm.z(),
                                                          pixel.x(),    pixel.y(),    1.0 / sd_px};
        for (std::size_t k = 0; k < quantity_count; ++k)
            values_[k * capacity_ + size_] = sight[k];
        ++size_;
    }
    [[nodiscard]] std::size_t size() const { return size_; }
    /// As many as whole registers hold.
    [[nodiscard]] std::size_t padded_size() const { return padded(size_); }
    /// Of all sights, and zeros up to the next multiple of `lanes`.
    [[nodiscard]] const double* all(Quantity quantity) const {
        return values_.data() + quantity * capacity_;
    }

    static constexpr std::size_t lanes = 8;  ///< as many doubles as the widest registers hold

  private:
    static constexpr std::size_t padded(std::size_t n) { return (n + lanes - 1) / lanes * lanes; }

    std::size_t capacity_ = 0;
    std::size_t size_ = 0;
    std::vector<double> values_;
};

}  // namespace drr
