#pragma once

#include <cstddef>

namespace stereo {

/// A symmetric matrix, both halves, in columns that are `stride` apart: a multiple of
/// tridiagonal_padding, with zeros in the rows beyond `size`.
struct SymmetricMatrix {
    double* first = nullptr;
    std::size_t size = 0;
    std::size_t stride = 0;

    [[nodiscard]] double* column(std::size_t k) const { return first + k * stride; }
};

inline constexpr std::size_t tridiagonal_padding = 16;

/// S = Q T Q^T by reflections (Householder; Golub & Van Loan, Matrix Computations, 8.3.1), T with
/// `diagonal` and `beside` it. Column k of the matrix becomes the vector v of the k-th reflection
/// 1 - v v^T, and Q is their product in that order. In registers of as many numbers as the machine
/// has, and each step goes over the matrix once: it applies the reflection before it and multiplies
/// by the next one's vector.
void tridiagonalize(const SymmetricMatrix& matrix, double* diagonal, double* beside);

/// What tridiagonalize() has made of the columns of a matrix.
struct Reflections {
    const double* first = nullptr;
    std::size_t size = 0;
    std::size_t stride = 0;

    [[nodiscard]] const double* column(std::size_t k) const { return first + k * stride; }
};

enum class Turn {
    into_basis,   ///< by Q^T
    out_of_basis  ///< by Q
};

/// Multiplies `count` vectors, which stand as the columns of the matrix do.
void turn(const Reflections& reflections, Turn which, double* vectors, std::size_t count);

}  // namespace stereo
