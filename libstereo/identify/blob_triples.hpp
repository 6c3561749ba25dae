#pragma once

#include <drr/core/rng.hpp>

#include <Eigen/Core>

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace stereo {

/// Triples of blobs in random order: all of them if they are few, else as many as drawn.
class BlobTriples {
  public:
    explicit BlobTriples(const std::vector<Eigen::Vector2d>& blobs)
        : blobs_(blobs), rng_({.seed = 3, .purpose = drr::RngPurpose::procedure}) {
        constexpr std::size_t few = 24;
        if (blobs_.size() > few) return;
        const int n = static_cast<int>(blobs_.size());
        for (int a = 0; a < n; ++a)
            for (int b = 0; b < a; ++b)
                for (int c = 0; c < b; ++c)
                    all_.push_back({a, b, c});
        for (std::size_t i = all_.size(); i > 1; --i)
            std::swap(all_[i - 1], all_[draw(i)]);
    }

    /// False when there are no more.
    bool next(std::array<int, 3>& triple) {
        if (!all_.empty()) {
            if (used_ == all_.size()) return false;
            triple = all_[used_++];
            return true;
        }
        // Wide triangles give better poses: the widest of a few. The same blob twice is the
        // narrowest.
        constexpr int tries = 3;
        double widest = 0.0;
        for (int i = 0; i < tries || widest == 0.0; ++i) {
            const auto a = draw(blobs_.size());
            const auto b = draw(blobs_.size());
            const auto c = draw(blobs_.size());
            const Eigen::Vector2d ab = blobs_[b] - blobs_[a];
            const Eigen::Vector2d ac = blobs_[c] - blobs_[a];
            const double area = std::abs(ab.x() * ac.y() - ab.y() * ac.x());
            if (area <= widest) continue;
            widest = area;
            triple = {static_cast<int>(a), static_cast<int>(b), static_cast<int>(c)};
        }
        return true;
    }

  private:
    std::size_t draw(std::size_t count) {
        return static_cast<std::size_t>(rng_.uniform() * static_cast<double>(count));
    }

    const std::vector<Eigen::Vector2d>& blobs_;
    drr::Rng rng_;
    std::vector<std::array<int, 3>> all_;
    std::size_t used_ = 0;
};

}  // namespace stereo
