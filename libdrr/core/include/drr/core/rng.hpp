#pragma once

#include <array>
#include <cstdint>

namespace drr {

/// What a random stream is for. Two purposes never share numbers; the values are part of the
/// reproducibility contract, so they are never renumbered.
enum class RngPurpose : std::uint16_t {
    test = 0,
    poses = 1,
    as_built = 2,
    quantum_noise = 3,
    electronic_noise = 4,
    localization_noise = 5,
    nominal_values = 6,
    procedure = 7,
    gain_map = 8,
    dead_pixels = 9,
    study_design = 10,
    trial_seed = 11,
    calliper = 12,
};

/// Names one random stream. Streams with different keys are independent, so results do not depend
/// on which thread, process or order draws them.
struct RngKey {
    std::uint64_t seed = 0;
    std::uint32_t trial = 0;  ///< trial of a study, or frame (pose) of an experiment
    std::uint16_t view = 0;   ///< index of the view
    RngPurpose purpose = RngPurpose::test;
    std::uint32_t element = 0;  ///< e.g. the image row
};

/// Counter-based generator Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
/// 1, 2, 3", SC'11). The key is the seed and the counter carries the rest of the RngKey, hence
/// streams cannot overlap; each gives 2^34 numbers. Distributions are our own, since those of the
/// standard library differ between its implementations.
class Rng {
  public:
    /// The stream from a block of four words on.
    explicit Rng(const RngKey& key, std::uint32_t first_block = 0) noexcept;

    [[nodiscard]] std::uint32_t next_u32() noexcept;
    /// Of two words, the first above the second.
    [[nodiscard]] std::uint64_t next_u64() noexcept;
    /// Uniform on the open interval (0, 1), 53 bits.
    [[nodiscard]] double uniform() noexcept;
    /// Uniform on (low, high).
    [[nodiscard]] double uniform(double low, double high) noexcept;
    /// Standard normal, by the ziggurat method in the form that draws layer and place from
    /// different bits (Doornik, "An improved ziggurat method to generate normal random samples",
    /// 2005).
    [[nodiscard]] double normal() noexcept;
    /// The same from 64 random bits, and from the stream what it takes beyond them.
    [[nodiscard]] double normal(std::uint64_t bits) noexcept;
    /// Poisson with the given mean >= 0, by inversion: of a uniform number below 10, else of a
    /// normal one, by an asymptotic expansion that asks the distribution function where it cannot
    /// tell (Giles, "Algorithm 955: Approximation of the inverse Poisson cumulative distribution
    /// function", ACM TOMS 42 (2016) 7). Exact in distribution up to a mean of 1e12.
    [[nodiscard]] double poisson(double mean) noexcept;

    /// The ten-round Philox4x32 bijection, open for known-answer tests.
    [[nodiscard]] static std::array<std::uint32_t, 4> philox(
        std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) noexcept;
    /// The counter of a stream's first block, and the key of all of them.
    [[nodiscard]] static std::array<std::uint32_t, 4> first_counter(const RngKey& key) noexcept;
    [[nodiscard]] static std::array<std::uint32_t, 2> philox_key(const RngKey& key) noexcept;
    /// Uniform on (0, 1) of two words.
    [[nodiscard]] static double uniform_of(std::uint32_t first, std::uint32_t second) noexcept;

  private:
    /// Standard normal above `start`.
    [[nodiscard]] double normal_beyond(double start) noexcept;

    std::array<std::uint32_t, 4> counter_;
    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 4> block_{};
    int used_ = 4;
};

}  // namespace drr
