#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/core/rng.hpp>
#include <drr/geometry/stereo_rig.hpp>

#include <chrono>
#include <string>

using namespace drr;

// Whatever a YAML file holds, a reader either takes it or throws Error(invalid_file) with one line
// that names the file.

namespace {

// A reader that needs longer for a file of a few hundred bytes hangs or grows without bound; the
// slowest here takes milliseconds, also under sanitizers.
constexpr std::chrono::seconds time_limit{2};

// A message that quotes the file is cut at 1000 bytes.
constexpr std::size_t max_message_bytes = 1000 + sizeof "folder/rig.yaml:100000:  ...";

const std::string valid_rig = rig_yaml([] {
    StereoRigSpec spec;
    spec.stereo_angle_rad = 0.1;
    spec.isocentre_mm = Eigen::Vector3d(1.0, -2.0, 3.5);
    return spec;
}());

enum class Outcome { taken, refused };

// Reads `text` as a rig and checks how it is refused.
Outcome read(const std::string& text) {
    const auto start = std::chrono::steady_clock::now();
    auto outcome = Outcome::taken;
    try {
        (void)read_rig_keys(parse_yaml(text, "folder/rig.yaml", "rig"));
    } catch (const Error& error) {
        outcome = Outcome::refused;
        const std::string what = error.what();
        BOOST_TEST((error.code() == ErrorCode::invalid_file), what);
        BOOST_TEST(what.starts_with("folder/rig.yaml"), what);
        BOOST_TEST(!error.message().empty(), "no message for:\n" << text);
        BOOST_TEST(what.size() <= max_message_bytes, "long message: " << what.substr(0, 100));
        BOOST_TEST(what.find('\n') == std::string::npos, "more than one line: " << what);
    }
    BOOST_TEST((std::chrono::steady_clock::now() - start < time_limit), "slow:\n" << text);
    return outcome;
}

std::string with_byte(std::size_t place, unsigned char byte) {
    std::string text = valid_rig;
    text[place] = static_cast<char>(byte);
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(valid_rig_is_taken) {
    BOOST_TEST((read(valid_rig) == Outcome::taken));
}

BOOST_AUTO_TEST_CASE(truncated_anywhere) {
    int refused = 0;
    for (std::size_t length = 0; length < valid_rig.size(); ++length)
        if (read(valid_rig.substr(0, length)) == Outcome::refused) ++refused;
    // Only cuts within the optional last line can leave a valid file.
    const auto last_line = valid_rig.find("isocentre_mm: [");
    BOOST_TEST(refused >= static_cast<int>(last_line) - 1);
}

BOOST_AUTO_TEST_CASE(random_bytes_replaced) {
    Rng rng({.seed = 11, .purpose = RngPurpose::test});
    for (int trial = 0; trial < 500; ++trial) {
        std::string text = valid_rig;
        for (int change = 0; change < 3; ++change)
            text[rng.next_u32() % text.size()] = static_cast<char>(rng.next_u32() % 256);
        read(text);
    }
}

BOOST_AUTO_TEST_CASE(hostile_documents) {
    const std::string start = "schema: stereodrr/rig/v1\n";
    const std::string many(100000, '[');
    std::string aliases = start + "a0: &a0 [x, x]\n";
    for (int i = 1; i < 40; ++i)
        aliases += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" +
                   std::to_string(i - 1) + ", *a" + std::to_string(i - 1) + "]\n";
    for (const std::string& text :
         {start + "sdd_mm: " + many, start + "sdd_mm: " + std::string(100000, '{'),
          start + std::string(100000, '-'), start + "sdd_mm: &a [*a]\n", aliases,
          std::string("schema: \"stereodrr\\n/rig/v1\"\n"), start + "\"two\\nlines\": 1\n",
          start + "sdd_mm: \"two\\r\\nlines\"\n", start + "sdd_mm: " + std::string(100000, 'x'),
          ",a: 1\n" + start, start + ",", start + "---\na: 1\n", start + "? [a, b]\n: 1\n",
          std::string(1000, '\0'), std::string("\xff\xfe\x00s", 4), std::string()})
        BOOST_TEST((read(text) == Outcome::refused), text.substr(0, 60));
}

// Run by name only (label slow).
BOOST_AUTO_TEST_SUITE(exhaustive, *boost::unit_test::disabled())

BOOST_AUTO_TEST_CASE(each_byte_replaced_by_each_other) {
    for (std::size_t place = 0; place < valid_rig.size(); ++place)
        for (int byte = 0; byte < 256; ++byte)
            read(with_byte(place, static_cast<unsigned char>(byte)));
}

BOOST_AUTO_TEST_SUITE_END()
