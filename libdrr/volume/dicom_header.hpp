#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace drr {

/// The elements of a DICOM file that a CT reader asks for. GDCM as Debian builds it aborts on
/// malformed files and allocates whatever length a file declares, so every file is walked here
/// first and only well-formed ones are handed on.
class DicomHeader {
  public:
    /// The value of an element outside sequences, without padding; empty when there is none.
    [[nodiscard]] std::string text(std::uint32_t tag) const;
    /// Exactly `count` numbers of a decimal string. Throws Error(invalid_file) with `name`.
    [[nodiscard]] std::vector<double> numbers(std::uint32_t tag, const char* name,
                                              std::size_t count) const;
    /// A 16-bit unsigned value. Throws Error(invalid_file) with `name` where there is none.
    [[nodiscard]] int short_value(std::uint32_t tag, const char* name) const;

    bool compressed = false;      ///< pixel data in fragments, i.e. of a compressed syntax
    std::size_t pixel_bytes = 0;  ///< of the pixel data in the file; 0 for none
    std::map<std::uint32_t, std::string> elements;  ///< short ones outside sequences
};

/// Whether a file begins as DICOM files do: 128 free bytes and "DICM".
[[nodiscard]] bool is_dicom(const std::filesystem::path& path);

/// Walks the whole file. Throws Error(invalid_file) when an element runs past the file's end or has
/// no known value representation, Error(unsupported) for big-endian and deflated files, Error(io).
[[nodiscard]] DicomHeader read_dicom_header(const std::filesystem::path& path);

}  // namespace drr
