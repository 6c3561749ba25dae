#include "mat_points.hpp"

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace test {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Matches = Eigen::Matrix<double, 6, Eigen::Dynamic>;

// Types of data elements (MATLAB, "MAT-file format", table 1-1).
enum Type : std::uint32_t { mi_int32 = 5, mi_double = 9, mi_matrix = 14, mi_compressed = 15 };

std::uint32_t word(const Bytes& bytes, std::size_t at) {
    if (at + 4 > bytes.size()) throw std::runtime_error("truncated MAT file");
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, 4);
    return value;
}

Bytes inflated(const std::uint8_t* data, std::size_t size) {
    Bytes out(1U << 20);  // the files hold a few hundred numbers
    uLongf length = out.size();
    if (uncompress(out.data(), &length, data, size) != Z_OK)
        throw std::runtime_error("a compressed variable cannot be read");
    out.resize(length);
    return out;
}

struct Element {
    std::uint32_t type;
    std::size_t begin;
    std::size_t size;
    std::size_t next;
};

Element element_at(const Bytes& bytes, std::size_t at) {
    const std::uint32_t first = word(bytes, at);
    if (first >> 16U) return {first & 0xffffU, at + 4, first >> 16U, at + 8};  // small format
    const std::size_t size = word(bytes, at + 4);
    return {first, at + 8, size, at + 8 + (size + 7) / 8 * 8};
}

// Looks through nested matrices (cells, structs) for the shape.
void search(const Bytes& bytes, std::size_t at, std::size_t end, Matches& best) {
    std::vector<std::uint32_t> shape;
    while (at + 8 <= end) {
        const Element element = element_at(bytes, at);
        if (element.begin + element.size > end) return;
        if (element.type == mi_compressed) {
            const Bytes inner = inflated(bytes.data() + element.begin, element.size);
            search(inner, 0, inner.size(), best);
            at = element.begin + element.size;  // not padded
            continue;
        }
        if (element.type == mi_matrix)
            search(bytes, element.begin, element.begin + element.size, best);
        else if (element.type == mi_int32 && shape.empty() && element.size == 8)
            shape = {word(bytes, element.begin), word(bytes, element.begin + 4)};
        else if (element.type == mi_double && shape.size() == 2 && shape[0] == 6 &&
                 element.size == 48U * shape[1] && shape[1] > best.cols()) {
            best.resize(6, shape[1]);
            std::memcpy(best.data(), bytes.data() + element.begin, element.size);
        }
        at = element.next;
    }
}

}  // namespace

Matches read_mat_matches(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(stream), {}};
    Matches best(6, 0);
    search(bytes, 128, bytes.size(), best);
    if (best.cols() == 0) throw std::runtime_error("no 6 x N matrix in " + path.string());
    return best;
}

}  // namespace test
