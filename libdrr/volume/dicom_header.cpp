#include "dicom_header.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <locale>
#include <sstream>
#include <string_view>

namespace drr {
namespace {

constexpr std::uint32_t undefined_length = 0xFFFFFFFF;
constexpr std::uint32_t item = 0xFFFEE000;
constexpr std::uint32_t item_end = 0xFFFEE00D;
constexpr std::uint32_t sequence_end = 0xFFFEE0DD;
constexpr std::uint32_t pixel_data = 0x7FE00010;
constexpr std::uint32_t transfer_syntax = 0x00020010;
constexpr std::size_t preamble_bytes = 132;

// Real files nest a few levels; without a limit a file could exhaust the stack.
constexpr int deepest = 32;

// Longer values are none that a header is asked for.
constexpr std::size_t longest_kept = 4096;

// A slice of 4096 x 4096 voxels of 32 bits has 64 MiB.
constexpr std::size_t largest_file = std::size_t{512} << 20;

// PS3.5 section 7.1.2: these have a length of 32 bits after two free bytes, the others of 16 bits.
constexpr std::string_view long_representations = "OB OD OF OL OV OW SQ SV UC UN UR UT UV";
constexpr std::string_view short_representations =
    "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US";

/// Walks elements of a little-endian data set (PS3.5 chapter 7).
class Walker {
  public:
    Walker(std::string_view bytes, DicomHeader& header) : bytes_(bytes), header_(header) {}

    void walk_file() {
        position_ = preamble_bytes;
        while (position_ < bytes_.size() && peek_group() == 2)
            element(0, bytes_.size(), true);
        const std::string syntax = header_.text(transfer_syntax);
        const bool is_explicit = syntax != "1.2.840.10008.1.2";
        if (syntax == "1.2.840.10008.1.2.2" || syntax == "1.2.840.10008.1.2.1.99")
            throw Error(ErrorCode::unsupported, "big-endian and deflated DICOM files are not read");
        if (!syntax.starts_with("1.2.840.10008.1.2"))
            fail(fmt::format("unknown transfer syntax '{:.64}'", syntax));
        while (position_ < bytes_.size())
            element(0, bytes_.size(), is_explicit);
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Error(ErrorCode::invalid_file,
                    fmt::format("malformed DICOM at byte {}: {}", position_, what));
    }

    std::uint32_t number(std::size_t count, std::size_t end) {
        if (count > end - position_) fail("an element is cut off");
        std::uint32_t value = 0;
        for (std::size_t n = 0; n < count; ++n)
            value |= std::uint32_t{static_cast<unsigned char>(bytes_[position_ + n])} << (8 * n);
        position_ += count;
        return value;
    }

    std::uint32_t tag(std::size_t end) {
        const std::uint32_t group = number(2, end);
        return group << 16 | number(2, end);
    }

    std::uint32_t peek_group() {
        const std::size_t here = position_;
        const std::uint32_t group = number(2, bytes_.size());
        position_ = here;
        return group;
    }

    void element(int depth, std::size_t end, bool is_explicit) {
        const std::uint32_t name = tag(end);
        if (name >> 16 == 0xFFFE || name == 0) fail("an item or a null tag outside a sequence");
        std::uint32_t length = 0;
        std::string_view representation;
        if (is_explicit) {
            number(2, end);
            representation = bytes_.substr(position_ - 2, 2);
            if (known(representation, long_representations)) {
                number(2, end);
                length = number(4, end);
            } else if (known(representation, short_representations)) {
                length = number(2, end);
            } else {
                fail(fmt::format("element {:08X} has no known value representation", name));
            }
        } else {
            length = number(4, end);
        }
        if (name == pixel_data && depth == 0) {
            header_.compressed = length == undefined_length;
            const std::size_t start = position_;
            if (header_.compressed)
                items(depth, end, is_explicit, true);
            else
                skip(length, end);
            header_.pixel_bytes = position_ - start;
        } else if (length == undefined_length) {
            if (is_explicit && representation != "SQ" && representation != "UN")
                fail(fmt::format("element {:08X} has no length", name));
            items(depth, end, is_explicit && representation == "SQ", false);
        } else {
            const std::size_t start = position_;
            skip(length, end);
            const std::string_view value = bytes_.substr(start, length);
            // An implicit sequence is known by its first item alone.
            constexpr std::string_view item_bytes = "\xFE\xFF\x00\xE0";
            if (representation == "SQ" ||
                (!is_explicit && value.starts_with(std::string_view(item_bytes.data(), 4)))) {
                position_ = start;
                items(depth, start + length, is_explicit, false);
            } else if (depth == 0 && length <= longest_kept) {
                header_.elements[name] = value;
            }
        }
    }

    /// Items up to a sequence delimiter or `end`; fragments of pixel data are items without inner
    /// elements.
    void items(int depth, std::size_t end, bool is_explicit, bool fragments) {
        if (depth >= deepest) fail("sequences nest too deeply");
        while (position_ < end) {
            const std::uint32_t name = tag(end);
            const std::uint32_t length = number(4, end);
            if (name == sequence_end) return;
            if (name != item) fail(fmt::format("expected an item, found {:08X}", name));
            if (length != undefined_length) {
                const std::size_t start = position_;
                skip(length, end);
                if (fragments) continue;
                position_ = start;
                while (position_ < start + length)
                    element(depth + 1, start + length, is_explicit);
            } else {
                if (fragments) fail("a fragment of pixel data has no length");
                while (!at_item_end(end))
                    element(depth + 1, end, is_explicit);
            }
        }
    }

    bool at_item_end(std::size_t end) {
        const std::size_t here = position_;
        if (tag(end) == item_end) {
            number(4, end);
            return true;
        }
        position_ = here;
        return false;
    }

    void skip(std::size_t count, std::size_t end) {
        if (count > end - position_)
            fail(fmt::format("a value of {} bytes runs past the end", count));
        position_ += count;
    }

    static bool known(std::string_view representation, std::string_view list) {
        for (std::size_t n = 0; n + 1 < list.size(); n += 3)
            if (list.substr(n, 2) == representation) return true;
        return false;
    }

    std::string_view bytes_;
    DicomHeader& header_;
    std::size_t position_ = 0;
};

}  // namespace

std::string DicomHeader::text(std::uint32_t tag) const {
    const auto found = elements.find(tag);
    if (found == elements.end()) return {};
    const auto padding = [](char c) { return c == ' ' || c == '\0'; };
    const std::string& value = found->second;
    const auto first = std::find_if_not(value.begin(), value.end(), padding);
    const auto last = std::find_if_not(value.rbegin(), value.rend(), padding).base();
    return first < last ? std::string(first, last) : std::string();
}

std::vector<double> DicomHeader::numbers(std::uint32_t tag, const char* name,
                                         std::size_t count) const {
    std::vector<double> values;
    std::istringstream list(text(tag));
    for (std::string one; std::getline(list, one, '\\');) {
        std::istringstream stream(one);
        stream.imbue(std::locale::classic());
        double value = 0.0;
        if (stream >> value && std::isfinite(value)) values.push_back(value);
    }
    if (values.size() != count)
        throw Error(ErrorCode::invalid_file,
                    fmt::format("{} must be {} number{}, found '{:.80}'", name, count,
                                count == 1 ? "" : "s", text(tag)));
    return values;
}

int DicomHeader::short_value(std::uint32_t tag, const char* name) const {
    const auto found = elements.find(tag);
    if (found == elements.end() || found->second.size() != 2)
        throw Error(ErrorCode::invalid_file, fmt::format("{} is missing", name));
    return static_cast<unsigned char>(found->second[0]) |
           static_cast<unsigned char>(found->second[1]) << 8;
}

bool is_dicom(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    char head[preamble_bytes] = {};
    return file.read(head, sizeof head) && std::string_view(head + 128, 4) == "DICM";
}

DicomHeader read_dicom_header(const std::filesystem::path& path) {
    const std::string bytes = read_text_file(path, largest_file);
    DicomHeader header;
    Walker(bytes, header).walk_file();
    return header;
}

}  // namespace drr
