#pragma once

#include <array>
#include <cstddef>

namespace drr {

/// The density exp(-x^2/2) over x >= 0 in layers of equal area, the widest first, for the ziggurat
/// method (Marsaglia & Tsang, "The ziggurat method for generating random variables", J. Stat.
/// Software 5 (2000) 8). Layer i reaches in x from 0 to half_width[i], of which all up to
/// half_width[i + 1] lies below the density; the lowest stands for the tail as well, and its half
/// width is that of a rectangle of its area. The compiler makes the table of sums, products and
/// quotients alone, hence it is the same to the bit whatever the machine's elementary functions.
struct Ziggurat {
    static constexpr std::size_t layers = 256;
    /// Where the tail begins, which decides the rest: the layers have to end at density 1.
    static constexpr double tail_start = 3.65415288536100877;
    /// Of a layer: tail_start exp(-tail_start^2 / 2) and the integral of the tail.
    static constexpr double area = 0.00492867323397465535;

    std::array<double, layers + 1> half_width{};  ///< from the lowest up to 0
    std::array<double, layers + 1> density{};     ///< where half_width[i] ends; of i = 0 unused

    constexpr Ziggurat();

  private:
    /// exp(y) for y >= 0, to a few units in the last place: Taylor's series.
    static constexpr double exp(double y);
    static constexpr double square_root(double a);
};

constexpr double Ziggurat::exp(double y) {
    double sum = 1.0;
    double term = 1.0;
    for (int n = 1; term > 1e-18 * sum; ++n)
        sum += term *= y / n;
    return sum;
}

constexpr double Ziggurat::square_root(double a) {
    double root = 1.0;
    constexpr int enough = 20;  // Newton's iterations, for any half width
    for (int i = 0; i < enough; ++i)
        root = 0.5 * (root + a / root);
    return root;
}

constexpr Ziggurat::Ziggurat() {
    double log = -0.5 * tail_start * tail_start;  // of the density
    half_width[1] = tail_start;
    density[1] = 1.0 / exp(-log);
    half_width[0] = area / density[1];
    for (std::size_t i = 2; i < layers; ++i) {
        density[i] = density[i - 1] + area / half_width[i - 1];
        constexpr int enough = 20;  // Newton's iterations, which start near the root
        for (int n = 0; n < enough; ++n)
            log += density[i] * exp(-log) - 1.0;
        half_width[i] = square_root(-2.0 * log);
    }
    half_width[layers] = 0.0;
    density[layers] = 1.0;
}

inline constexpr Ziggurat ziggurat;

}  // namespace drr
